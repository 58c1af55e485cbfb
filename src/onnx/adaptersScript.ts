// The file that lies beside an export with open adapters and shows how to load and switch them. The tests run it.
export const ADAPTERS_SCRIPT = `// Adapters over one loaded model, switched with every call. ort is onnxruntime-web, session its model of this folder:
//   const session = await ort.InferenceSession.create('onnx/model.onnx');
//   const mine = await loadAdapter(ort, 'adapters/NAME.safetensors');
//   await session.run({ ...inputs, ...adapterFeeds(ort, session, mine) });   // with the adapter
//   await session.run({ ...inputs, ...adapterFeeds(ort, session) });         // the base
export async function loadAdapter(ort, url) {
  const file = await (await fetch(url)).arrayBuffer();
  const start = 8 + Number(new DataView(file).getBigUint64(0, true));
  const { __metadata__, ...tensors } = JSON.parse(new TextDecoder().decode(file.slice(8, start)));
  const read = ({ shape, data_offsets: [from, to] }) => new ort.Tensor('float32', new Float32Array(file.slice(start + from, start + to)), shape);
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, read(tensor)]));
}
// What the adapter leaves out gets rank 1 of zeros. Rank 0 means the same, but onnxruntime's WebGPU takes no empty factors.
export function adapterFeeds(ort, session, adapter = {}) {
  const open = session.inputMetadata.filter(({ name }) => /\\.lora_[AB]$/.test(name));
  const none = ({ shape: [rows, cols] }) => new ort.Tensor('float32', new Float32Array(Number(rows) || Number(cols)), [Number(rows) || 1, Number(cols) || 1]);
  return Object.fromEntries(open.map((input) => [input.name, adapter[input.name] ?? none(input)]));
}
`;
