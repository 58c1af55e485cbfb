import { expect, test } from 'vitest';
import { bytesSource } from '../formats/byteSource.ts';
import { decodeState, encodeState } from './runState.ts';

const floats = (...values: number[]) => Float32Array.from(values);

function whole({ pieces, sizeBytes }: ReturnType<typeof encodeState>): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(sizeBytes);
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}

test('comes back to the same bits', async () => {
  const state = {
    step: 7,
    parameters: floats(1, -0, 3e-42),
    first: floats(4, 5, 6),
    second: floats(7, 8, 9),
    stopped: [],
  };
  const decoded = await decodeState(7, bytesSource(whole(encodeState(state, 1234.5)), 'state'));
  expect(decoded).toEqual({ state, elapsedMs: 1234.5 });
});

test('with adapters that no step changes any more', async () => {
  const stopped = [
    { adapter: 1, step: 3 },
    { adapter: 4, step: 0 },
  ];
  const state = { step: 7, parameters: floats(1, 2), first: floats(3, 4), second: undefined, stopped };
  expect((await decodeState(7, bytesSource(whole(encodeState(state, 0)), 'state'))).state).toEqual(state);
});

test('without a second moment', async () => {
  const state = { step: 1, parameters: floats(1), first: floats(2), second: undefined, stopped: [] };
  expect((await decodeState(1, bytesSource(whole(encodeState(state, 0)), 'state'))).state).toEqual(state);
});

test('bytes of another length are refused', async () => {
  const state = { step: 1, parameters: floats(1, 2), first: floats(2, 3), second: undefined, stopped: [] };
  const cut = whole(encodeState(state, 0)).slice(0, -4);
  await expect(decodeState(1, bytesSource(cut, 'state'))).rejects.toThrow(/start the run again/);
});
