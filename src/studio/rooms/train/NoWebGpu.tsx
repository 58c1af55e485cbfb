// Without a GPU there is no training here: says so, says where there is, and points to what still works.
import { Button } from '@mantine/core';
import { EmptyState } from '../../panels/EmptyState.tsx';
import { ErrorNote } from '../../panels/ErrorNote.tsx';
import { routeTo } from '../../routing.ts';
import { recoverDevice } from '../../stores/openStudio.ts';
import styles from './NoWebGpu.module.css';

const BROWSERS = [
  'Chrome or Edge 127 and newer on Windows, macOS, ChromeOS and Android; on Linux newer still, depending on the GPU driver, or with chrome://flags/#enable-unsafe-webgpu turned on',
  'Safari 26 and newer on macOS, iPhone and iPad',
  'Firefox 141 and newer on Windows, 145 and newer on Macs with Apple silicon; on Linux with dom.webgpu.enabled turned on in about:config',
];

export function NoWebGpu({ reason }: { reason: string }) {
  return (
    <>
      <h1 className="visually-hidden">Train an adapter</h1>
      <EmptyState
        title="No GPU to train on here"
        action={
          <div className={styles.ways}>
            <Button component="a" href={routeTo('playground')}>
              Open an exported model
            </Button>
            <Button component="a" variant="default" href={routeTo('library')}>
              Open the Library
            </Button>
          </div>
        }
      >
        <p>{reason}</p>
        <p>Rankwise trains on your own graphics card through WebGPU. Browsers that have it:</p>
        <ul className={styles.browsers}>
          {BROWSERS.map((browser) => (
            <li key={browser}>{browser}</li>
          ))}
        </ul>
        <p>
          A model that was exported as ONNX answers in the Playground without it. Runs kept in this browser can still be
          looked at and exported in the Library.
        </p>
      </EmptyState>
    </>
  );
}

export function LostGpu({ reason }: { reason: string }) {
  return (
    <ErrorNote
      message={`${reason.startsWith('The GPU was lost') ? reason : `The GPU was lost: ${reason}`}. What was saved is kept. Reload the page, or try again; then resume the run. If it is lost again, start a new run that takes less: under Training, lower “Memory to use” and press “Fit to this GPU”.`}
      action={{ label: 'Try again', onClick: () => void recoverDevice() }}
    />
  );
}
