// The push under way: what is being done, how far it is, and a way out.
import type { PushProgress } from '../../../../worker/protocol/hub.ts';
import { formatBytes } from '../../../format.ts';
import { ProgressBar } from '../../../panels/ProgressBar.tsx';
import { cancelPush } from './pushStore.ts';

const VERBS: Readonly<Record<PushProgress['phase'], string>> = {
  base: 'Downloading',
  reading: 'Reading',
  uploading: 'Uploading',
  committing: 'Committing',
};

interface Props {
  progress: PushProgress | null;
  /** One run is pushed at a time: that of another is told here too. */
  isOfAnother: boolean;
}

export function PushUnderWay({ progress, isOfAnother }: Props) {
  const isKnown = progress !== null && progress.totalBytes > 0 && progress.phase !== 'committing';
  const doing = progress === null ? 'Asking the Hub' : `${VERBS[progress.phase]} ${progress.file}`.trim();
  return (
    <ProgressBar
      label={isOfAnother ? `Another run is being pushed. ${doing}` : doing}
      share={isKnown ? progress.doneBytes / progress.totalBytes : null}
      {...(isKnown ? { detail: `${formatBytes(progress.doneBytes)} of ${formatBytes(progress.totalBytes)}` } : {})}
      onCancel={() => void cancelPush()}
    />
  );
}
