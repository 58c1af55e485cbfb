// A model by its Hub id, with revision and token. The token is kept in memory only.
import { Button } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import type { ModelSource } from '../../../../worker/protocol.ts';
import fieldStyles from '../../../panels/Field.module.css';
import { Field } from '../../../panels/Field.tsx';
import styles from './model.module.css';
import { parseHubId } from './parseHubId.ts';

interface Props {
  /** Filled in and focused when not empty. */
  initialId: string;
  onChoose: (source: ModelSource) => void;
}

export function HubForm({ initialId, onChoose }: Props) {
  const [id, setId] = useState(initialId);
  const [revision, setRevision] = useState('main');
  const [token, setToken] = useState('');
  const [server, setServer] = useState('');
  const [error, setError] = useState<string | null>(null);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const parsed = parseHubId(id);
    if ('error' in parsed) return setError(parsed.error);
    const secret = token.trim();
    onChoose({
      kind: 'hub',
      repo: parsed.repo,
      revision: revision.trim() || 'main',
      ...(secret ? { token: secret } : {}),
      ...(server.trim() ? { endpoint: server.trim().replace(/\/+$/, '') } : {}),
    });
  };
  return (
    <form className={styles.section} onSubmit={submit}>
      <div className={styles.hub}>
        <Field label="Model id" error={error} help="owner/name, or the address of its page">
          {(ids) => (
            <input
              {...ids}
              className={fieldStyles.input}
              value={id}
              placeholder="HuggingFaceTB/SmolLM2-135M-Instruct"
              autoComplete="off"
              spellCheck={false}
              onChange={(event) => {
                setId(event.currentTarget.value);
                setError(null);
              }}
            />
          )}
        </Field>
        <Field label="Revision" help="branch, tag or commit">
          {(ids) => (
            <input
              {...ids}
              className={fieldStyles.input}
              value={revision}
              spellCheck={false}
              onChange={(event) => setRevision(event.currentTarget.value)}
            />
          )}
        </Field>
        <Field
          label="Access token"
          term="optional"
          help="For private and gated models. Kept in memory until this page closes."
        >
          {(ids) => (
            <input
              {...ids}
              className={fieldStyles.input}
              ref={(input) => {
                if (initialId !== '') input?.focus();
              }}
              type="password"
              value={token}
              autoComplete="off"
              onChange={(event) => setToken(event.currentTarget.value)}
            />
          )}
        </Field>
      </div>
      <details className={styles.more}>
        <summary>Another server</summary>
        <Field label="Server" help="On this computer, laying files out as the Hub does: http://localhost:8080">
          {(ids) => (
            <input
              {...ids}
              className={fieldStyles.input}
              value={server}
              placeholder="https://huggingface.co"
              autoComplete="off"
              spellCheck={false}
              onChange={(event) => setServer(event.currentTarget.value)}
            />
          )}
        </Field>
      </details>
      <div className={styles.row}>
        <Button type="submit" variant="default">
          Look up
        </Button>
      </div>
    </form>
  );
}
