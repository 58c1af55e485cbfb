// The page's end of e2e/onnxWebGpu.ts: a graph comes as text and is compared here, in the browser's WebGPU.
import { bringRuntime } from '../../src/runtime/ortRuntime.ts';
import { type Compared, compared, type Expected } from './compared.ts';

/** Bytes in base 64. */
export interface Sent {
  readonly graph: string;
  readonly adapters: readonly (readonly [name: string, bytes: string])[];
  readonly expected: readonly (Omit<Expected, 'logits'> & { readonly logits: readonly string[] })[];
}

declare global {
  interface Window {
    compareSent(sent: Sent): Promise<Compared[]>;
  }
}

window.compareSent = async ({ graph, adapters, expected }) => {
  const files = {
    graph: bytesOf(graph),
    adapters: Object.fromEntries(adapters.map(([name, text]) => [name, bytesOf(text)])),
  };
  const wanted = expected.map((each) => ({
    ...each,
    logits: each.logits.map((text) => new Float32Array(bytesOf(text).buffer)),
  }));
  return compared(await bringRuntime('webgpu', () => {}), 'webgpu', files, wanted);
};

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}
