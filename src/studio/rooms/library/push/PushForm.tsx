// A run into a repository on the Hugging Face Hub: what of it, where to, with which token.
import { Button } from '@mantine/core';
import { type FormEvent, useId, useMemo, useState } from 'react';
import type { ExportPlan, ExportWhat } from '../../../../worker/protocol/exports.ts';
import type { RunRecord } from '../../../../worker/protocol/runs.ts';
import { formatBytes } from '../../../format.ts';
import { Check } from '../../../panels/Check.tsx';
import { ErrorNote } from '../../../panels/ErrorNote.tsx';
import { Select } from '../../../panels/Select.tsx';
import { TextField } from '../../../panels/TextField.tsx';
import styles from '../hubForms.module.css';
import { useExportPlan } from '../useExportPlan.ts';
import { PushUnderWay } from './PushUnderWay.tsx';
import { pushChoices } from './pushChoices.ts';
import { parsePushId, slugOf } from './pushId.ts';
import { rememberAccess, startPush, usePushStore } from './pushStore.ts';

export function PushForm({ run }: { run: RunRecord }) {
  const { state, remembered } = usePushStore();
  const { token, server, owner } = remembered;
  const choices = useMemo(() => pushChoices(run), [run]);
  const [value, setValue] = useState(choices[0]?.value ?? '');
  const what = useMemo<ExportWhat>(
    () => (choices.find((choice) => choice.value === value) ?? choices[0])?.what ?? { kind: 'adapter', runId: run.id },
    [choices, value, run.id],
  );
  const plan = useExportPlan(what);
  const [repo, setRepo] = useState(() => (owner === '' ? '' : `${owner}/${slugOf(run.name)}`));
  const [revision, setRevision] = useState('');
  const [isPrivate, setPrivate] = useState(true);
  const [errors, setErrors] = useState<{ repo?: string; token?: string }>({});
  const titleId = useId();
  const isHere = state.kind !== 'idle' && state.runId === run.id;

  const push = () => {
    const parsed = parsePushId(repo, run.name);
    const problems = {
      ...('error' in parsed ? { repo: parsed.error } : {}),
      ...(token.trim() === '' ? { token: 'Paste a token that may write.' } : {}),
    };
    setErrors(problems);
    if ('error' in parsed || problems.token !== undefined) return;
    rememberAccess({ owner: parsed.repo.split('/')[0] ?? '' });
    const endpoint = server.trim().replace(/\/+$/, '');
    void startPush(what, {
      repo: parsed.repo,
      revision: revision.trim() || 'main',
      isPrivate,
      token: token.trim(),
      ...(endpoint === '' ? {} : { endpoint }),
    });
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    push();
  };

  return (
    <form className={styles.form} aria-labelledby={titleId} onSubmit={submit} noValidate>
      <h4 id={titleId}>Push to the Hugging Face Hub</h4>
      <div className={styles.fields}>
        <Select
          label="What to push"
          help={sizeText(plan)}
          value={value}
          options={choices.map((choice) => ({ value: choice.value, label: choice.label }))}
          onChange={setValue}
        />
        <TextField
          label="Repository"
          help="Your name on the Hub, a slash, and a name for this. Made where there is none."
          error={errors.repo}
          value={repo}
          placeholder={`you/${slugOf(run.name)}`}
          onChange={(text) => {
            setRepo(text);
            setErrors({});
          }}
        />
        <TextField
          label="Token that may write"
          type="password"
          help="From your Hub account’s settings. Kept in memory until this page closes, and sent to the Hub only."
          error={errors.token}
          value={token}
          onChange={(text) => {
            rememberAccess({ token: text });
            setErrors({});
          }}
        />
        <Check
          label="Private"
          help="Only you see it. A repository that is public already is not pushed to."
          isChecked={isPrivate}
          onChange={setPrivate}
        />
      </div>
      <details className={styles.more}>
        <summary>Branch, another server</summary>
        <div className={styles.fields}>
          <TextField
            label="Branch"
            help="Made where there is none."
            value={revision}
            placeholder="main"
            onChange={setRevision}
          />
          <TextField
            label="Server"
            help="On this computer, speaking the Hub’s language: http://localhost:8080"
            value={server}
            placeholder="https://huggingface.co"
            onChange={(text) => rememberAccess({ server: text })}
          />
        </div>
      </details>
      <p className={styles.note}>
        A model card goes with it: base, data, settings, results and the loss curve. Your rows stay here.
      </p>
      {state.kind === 'running' ? (
        <PushUnderWay progress={state.progress} isOfAnother={!isHere} />
      ) : (
        <div>
          <Button type="submit" size="xs" variant="default" disabled={plan?.kind !== 'ready'}>
            Push to the Hub
          </Button>
        </div>
      )}
      {isHere && state.kind === 'done' && (
        <p role="status">
          {state.message}{' '}
          <a href={state.url} target="_blank" rel="noreferrer">
            Open {state.repo}
          </a>
        </p>
      )}
      {isHere && state.kind === 'failed' && (
        <ErrorNote message={state.message} action={{ label: 'Try again', onClick: push }} />
      )}
    </form>
  );
}

function sizeText(plan: ExportPlan | null): string {
  if (plan === null) return 'Looking at the files…';
  if (plan.kind !== 'ready') return plan.reason;
  return plan.sizeBytes === null ? '' : formatBytes(plan.sizeBytes);
}
