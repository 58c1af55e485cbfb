// Import by Hub id: the adapter is looked up first, and its base named, before anything large is fetched.
import { Button } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import type { HubPlace } from '../../../../worker/protocol/hub.ts';
import { TextField } from '../../../panels/TextField.tsx';
import { parseHubId, revisionOf } from '../../train/model/parseHubId.ts';
import styles from '../hubForms.module.css';
import { FoundAdapter } from './FoundAdapter.tsx';
import { forgetHubImport, lookUpAdapter, useHubImportStore } from './hubImportStore.ts';

export function ImportFromHub({ isOff }: { isOff: boolean }) {
  const state = useHubImportStore((store) => store.state);
  const [id, setId] = useState('');
  const [revision, setRevision] = useState('');
  const [token, setToken] = useState('');
  const [server, setServer] = useState('');
  const [error, setError] = useState<string>();
  const isBusy = state.kind === 'lookingUp' || state.kind === 'loadingBase' || state.kind === 'importing';
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const parsed = parseHubId(id);
    if ('error' in parsed) return setError('Type an id such as someone/my-adapter, or paste the address of its page.');
    const endpoint = server.trim().replace(/\/+$/, '');
    const place: HubPlace = {
      repo: parsed.repo,
      revision: revisionOf(revision, parsed),
      ...(token.trim() ? { token: token.trim() } : {}),
      ...(endpoint ? { endpoint } : {}),
    };
    void lookUpAdapter(place);
  };
  return (
    <>
      <form
        className={`${styles.form} ${styles.apart}`}
        aria-label="Import from the Hugging Face Hub"
        onSubmit={submit}
      >
        <TextField
          label="Hub id of an adapter"
          help="owner/name, or the address of its page"
          error={error}
          value={id}
          placeholder="someone/my-adapter"
          onChange={(text) => {
            setId(text);
            setError(undefined);
            if (!isBusy) forgetHubImport();
          }}
        />
        <details className={styles.more}>
          <summary>Revision, token, another server</summary>
          <div className={styles.fields}>
            <TextField
              label="Revision"
              help="branch, tag or commit"
              value={revision}
              placeholder="main"
              onChange={setRevision}
            />
            <TextField
              label="Access token"
              type="password"
              help="For private and gated ones, and their base. Kept in memory until this page closes."
              value={token}
              onChange={setToken}
            />
            <TextField
              label="Server"
              help="On this computer, speaking the Hub’s language: http://localhost:8080"
              value={server}
              placeholder="https://huggingface.co"
              onChange={setServer}
            />
          </div>
        </details>
        <div>
          <Button type="submit" variant="default" size="compact-md" disabled={isOff || isBusy}>
            Look up
          </Button>
        </div>
      </form>
      <FoundAdapter />
    </>
  );
}
