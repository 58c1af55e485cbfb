// Some rows as the model will see them, asked for again whenever the data was read anew.
import { useEffect, useState } from 'react';
import { call } from '../../../../worker/client.ts';
import type { PreviewRow } from '../../../../worker/protocol/data.ts';
import { useDataStore } from '../../../stores/dataStore.ts';
import { messageOf } from '../../../stores/messageOf.ts';

export type Preview = { kind: 'waiting' } | { kind: 'ready'; rows: PreviewRow[] } | { kind: 'failed'; message: string };

export function usePreview(from: number, count: number): Preview {
  const description = useDataStore((state) => (state.status.kind === 'ready' ? state.status.description : null));
  const [preview, setPreview] = useState<Preview>({ kind: 'waiting' });
  useEffect(() => {
    if (description === null) return;
    let isStale = false;
    const settle = (next: Preview) => {
      if (!isStale) setPreview(next);
    };
    call('previewRows', { from, count }).then(
      (rows) => settle({ kind: 'ready', rows }),
      (error) => settle({ kind: 'failed', message: messageOf(error) }),
    );
    return () => {
      isStale = true;
    };
  }, [description, from, count]);
  return preview;
}
