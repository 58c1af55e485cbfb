// A model by its Hub id, with revision and token. The token is kept in memory only.
import { Button } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import type { ModelSource } from '../../../../worker/protocol/model.ts';
import { TextField } from '../../../panels/TextField.tsx';
import styles from './model.module.css';
import { parseHubId, revisionOf } from './parseHubId.ts';

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
  const [error, setError] = useState<string>();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const parsed = parseHubId(id);
    if ('error' in parsed) return setError(parsed.error);
    const secret = token.trim();
    onChoose({
      kind: 'hub',
      repo: parsed.repo,
      revision: revisionOf(revision, parsed),
      ...(secret ? { token: secret } : {}),
      ...(server.trim() ? { endpoint: server.trim().replace(/\/+$/, '') } : {}),
    });
  };
  return (
    <form className={styles.section} onSubmit={submit}>
      <div className={styles.hub}>
        <TextField
          label="Model id"
          help="owner/name, or the address of its page"
          error={error}
          value={id}
          placeholder="HuggingFaceTB/SmolLM2-135M-Instruct"
          onChange={(text) => {
            setId(text);
            setError(undefined);
          }}
        />
        <TextField label="Revision" help="branch, tag or commit" value={revision} onChange={setRevision} />
        <TextField
          label="Access token"
          term="optional"
          type="password"
          help="For private and gated models. Kept in memory until this page closes."
          value={token}
          isFirst={initialId !== ''}
          onChange={setToken}
        />
      </div>
      <details className={styles.more}>
        <summary>Another server</summary>
        <TextField
          label="Server"
          help="On this computer, laying files out as the Hub does: http://localhost:8080"
          value={server}
          placeholder="https://huggingface.co"
          onChange={setServer}
        />
      </details>
      <div className={styles.row}>
        <Button type="submit" variant="default">
          Look up
        </Button>
      </div>
    </form>
  );
}
