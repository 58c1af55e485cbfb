// The files that a graph keeps weights in, by the names it has for them. Only the protobuf's framing is read: the weights
// that lie in the graph itself are stepped over.
// Source: onnx.proto, TensorProto.external_data.
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { FormatError } from '../formats/formatError.ts';

/** Field numbers. */
const MODEL_GRAPH = 7;
const GRAPH_INITIALIZER = 5;
const TENSOR_EXTERNAL_DATA = 13;
const ENTRY_KEY = 1;
const ENTRY_VALUE = 2;

/** Paths from the graph's own folder, each once. Throws FormatError where `graph` is no protobuf message. */
export function externalLocations(graph: Uint8Array, name: string): string[] {
  const found = new Set<string>();
  try {
    for (const inner of fields(graph, MODEL_GRAPH)) {
      for (const tensor of fields(inner, GRAPH_INITIALIZER)) {
        for (const entry of fields(tensor, TENSOR_EXTERNAL_DATA)) {
          if (text(entry, ENTRY_KEY) === 'location') found.add(text(entry, ENTRY_VALUE));
        }
      }
    }
  } catch {
    throw new FormatError(name, 'is no ONNX graph, or was cut short');
  }
  return [...found];
}

/** The bytes of every field of this number. */
function* fields(message: Uint8Array, wanted: number): Generator<Uint8Array> {
  const reader = new BinaryReader(message);
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag();
    if (field === wanted && type === WireType.LengthDelimited) yield reader.bytes();
    else reader.skip(type, field);
  }
}

function text(entry: Uint8Array, field: number): string {
  const [bytes] = fields(entry, field);
  return new TextDecoder().decode(bytes);
}
