// What hub.test.ts runs in a worker of a real browser: files of threes, made while they are sent, pushed to the local Hub.
import { pushFiles } from '../../src/hub/push.ts';
import type { PushFile } from '../../src/hub/pushContent.ts';

interface PushOrder {
  endpoint: string;
  repo: string;
  token: string;
  sizes: number[];
}

function fileOf(sizeBytes: number): PushFile {
  return {
    name: `${sizeBytes}.safetensors`,
    sizeBytes,
    async *bytes() {
      for (let at = 0; at < sizeBytes; at += 1 << 18) yield new Uint8Array(Math.min(1 << 18, sizeBytes - at)).fill(3);
    },
  };
}

async function push({ endpoint, repo, token, sizes }: PushOrder) {
  const sent: number[] = [];
  const { pushedFiles } = await pushFiles(
    { repo, files: sizes.map(fileOf), message: 'From a browser' },
    {
      endpoint,
      token,
      retryDelayMs: 1,
      onProgress: ({ phase, doneBytes }) => void (phase === 'uploading' && sent.push(doneBytes)),
    },
  );
  // A part that broke off begins again; the last try of each goes forwards.
  const last = sent.slice(sent.lastIndexOf(0));
  const isForwards = last.every((bytes, i) => i === 0 || bytes >= (last[i - 1] ?? 0));
  return { pushedFiles, isForwards, steps: sent.length, lastBytes: sent.at(-1) };
}

self.onmessage = async ({ data }: MessageEvent<PushOrder>) => {
  self.postMessage(await push(data).catch((error: unknown) => ({ error: String(error) })));
};
