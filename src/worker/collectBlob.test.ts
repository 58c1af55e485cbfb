import { expect, test } from 'vitest';
import { collectBlob } from './collectBlob.ts';

test('all bytes in order', async () => {
  const pieces = [Uint8Array.of(1, 2), Uint8Array.of(), Uint8Array.of(3)];
  const stream = new ReadableStream<Uint8Array>({
    pull(controller) {
      const piece = pieces.shift();
      if (piece) controller.enqueue(piece);
      else controller.close();
    },
  });
  const blob = await collectBlob(stream, 'application/zip');
  expect([blob.type, [...new Uint8Array(await blob.arrayBuffer())]]).toEqual(['application/zip', [1, 2, 3]]);
});

test('a stream that fails says why', async () => {
  const stream = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.error(new RangeError('too large')),
  });
  await expect(collectBlob(stream, '')).rejects.toThrow('too large');
});
