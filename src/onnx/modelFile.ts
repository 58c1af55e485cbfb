// A graph as files, written as a stream: the messages of the ONNX schema go through the protobuf library, the weights'
// bytes between them as they are read, so that no weight is ever held. Protobuf allows it: a message's fields may come in
// any order, repeated ones apart from each other, and every length is known before a byte is written.
//
// A protobuf message ends at 2 GB, and onnxruntime-web holds it twice while it loads. Larger models keep their weights in
// files beside it (external data), named as transformers.js asks for them: model.onnx_data, model.onnx_data_1, …
// Source: onnx.proto, TensorProto.external_data; ONNX "External Data".
import { create, toBinary } from '@bufbuild/protobuf';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { exactly } from '../formats/pieces.ts';
import type { ZipEntry } from '../formats/zipWriter.ts';
import { type Graph, tensorHeader, type Weight, weightBytes } from './graph.ts';
import {
  GraphProtoSchema,
  ModelProtoSchema,
  OperatorSetIdProtoSchema,
  StringStringEntryProtoSchema,
  TensorProto_DataLocation,
  TensorProtoSchema,
} from './schema/onnx_pb.ts';

/** The lowest that LayerNormalization is in, and so the one that every runtime knows. */
const OPSET = 17;
/** The file format of the release that brought opset 17. */
const IR_VERSION = 8;
export const MICROSOFT = 'com.microsoft';

/** Browsers hold no larger buffer than 2^31 - 1, and a data file is fetched into one. */
const MAX_FILE_BYTES = 2_000_000_000;
/** Loading takes five times the bytes of an f16 model in one file, 2.7 to 3.3 times with its weights beside it; there are 4 GB. */
const MOST_INSIDE_BYTES = 600_000_000;
/** Of external tensors, so that a runtime may map them into memory. */
const ALIGNMENT = 4096;

export interface ModelFiles {
  /** The model first, then its data files, if it has any. */
  readonly entries: readonly ZipEntry[];
  /** How many data files there are: transformers.js' `use_external_data_format`. */
  readonly dataFiles: number;
}

/** The files of a graph; `path` names the model: `onnx/model.onnx`. `maxFileBytes`: of every file; weights move out of the model sooner. */
export function modelFiles(graph: Graph, path: string, maxFileBytes = MAX_FILE_BYTES): ModelFiles {
  const inside = graph.weights.map((weight) => ({ weight, parts: framed(weight) }));
  const whole = sizeOf(graph, inside);
  if (whole <= Math.min(MOST_INSIDE_BYTES, maxFileBytes)) {
    return { entries: [{ name: path, sizeBytes: whole, bytes: () => modelBytes(graph, inside) }], dataFiles: 0 };
  }
  const files = place(graph.weights, maxFileBytes);
  const outside = files.flatMap(({ placed }, i) =>
    placed.map(({ weight, offset }) => ({ weight, parts: [external(weight, dataName(path, i), offset)] })),
  );
  return {
    entries: [
      { name: path, sizeBytes: sizeOf(graph, outside), bytes: () => modelBytes(graph, outside) },
      ...files.map(({ placed, sizeBytes }, i) => ({
        name: dataName(path, i),
        sizeBytes,
        bytes: () => dataBytes(placed),
      })),
    ],
    dataFiles: files.length,
  };
}

/** One initializer of the graph: bytes that are there, or a weight whose turn has come. */
type Part = Uint8Array | Weight;
interface Initializer {
  readonly weight: Weight;
  readonly parts: readonly Part[];
}

const partBytes = (part: Part) => (part instanceof Uint8Array ? part.length : weightBytes(part));
const lengthOf = (parts: readonly Part[]) => parts.reduce((sum, part) => sum + partBytes(part), 0);

/** The tag and length that come before a field's bytes. */
function fieldStart(number: number, sizeBytes: number): Uint8Array {
  return new BinaryWriter().tag(number, WireType.LengthDelimited).uint64(sizeBytes).finish();
}

/** A TensorProto in pieces, its raw_data the weight itself. */
function framed(weight: Weight): Part[] {
  const raw = fieldStart(TensorProtoSchema.field.rawData.number, weightBytes(weight));
  return [toBinary(TensorProtoSchema, tensorHeader(weight)), raw, weight];
}

function external(weight: Weight, location: string, offset: number): Uint8Array {
  const header = tensorHeader(weight);
  header.dataLocation = TensorProto_DataLocation.EXTERNAL;
  const entry = (key: string, value: string) => create(StringStringEntryProtoSchema, { key, value });
  header.externalData = [
    entry('location', location.slice(location.lastIndexOf('/') + 1)),
    entry('offset', String(offset)),
    entry('length', String(weightBytes(weight))),
  ];
  return toBinary(TensorProtoSchema, header);
}

/** Everything of the model but its weights: what comes before the graph, and the graph's own fields. */
function envelope(graph: Graph): { model: Uint8Array; graph: Uint8Array } {
  const opset = (domain: string, version: number) =>
    create(OperatorSetIdProtoSchema, { domain, version: BigInt(version) });
  const isExtended = graph.nodes.some(({ domain }) => domain === MICROSOFT);
  const model = create(ModelProtoSchema, {
    irVersion: BigInt(IR_VERSION),
    producerName: 'rankwise',
    opsetImport: [opset('', OPSET), ...(isExtended ? [opset(MICROSOFT, 1)] : [])],
  });
  const inner = create(GraphProtoSchema, {
    name: 'decoder',
    node: graph.nodes,
    initializer: graph.constants,
    input: graph.inputs,
    output: graph.outputs,
  });
  return { model: toBinary(ModelProtoSchema, model), graph: toBinary(GraphProtoSchema, inner) };
}

function initializerStart(parts: readonly Part[]): Uint8Array {
  return fieldStart(GraphProtoSchema.field.initializer.number, lengthOf(parts));
}

function graphBytes(inner: Uint8Array, initializers: readonly Initializer[]): number {
  return initializers.reduce((sum, { parts }) => sum + initializerStart(parts).length + lengthOf(parts), inner.length);
}

function sizeOf(graph: Graph, initializers: readonly Initializer[]): number {
  const { model, graph: inner } = envelope(graph);
  const size = graphBytes(inner, initializers);
  return model.length + fieldStart(ModelProtoSchema.field.graph.number, size).length + size;
}

async function* modelBytes(graph: Graph, initializers: readonly Initializer[]): AsyncGenerator<Uint8Array> {
  const { model, graph: inner } = envelope(graph);
  yield model;
  yield fieldStart(ModelProtoSchema.field.graph.number, graphBytes(inner, initializers));
  yield inner;
  for (const { parts } of initializers) {
    yield initializerStart(parts);
    for (const part of parts) {
      if (part instanceof Uint8Array) yield part;
      else yield* checkedBytes(part);
    }
  }
}

/** A weight of another size than it said would shift everything after it. */
const checkedBytes = (weight: Weight) =>
  exactly({ sizeBytes: weightBytes(weight), bytes: weight.bytes }, `onnx: ${weight.name}`);

const dataName = (path: string, index: number) => `${path}_data${index === 0 ? '' : `_${index}`}`;

interface PlacedWeight {
  readonly weight: Weight;
  readonly offset: number;
}

/** Weights one after another in files of at most `maxFileBytes`; one that is larger has a file to itself. */
function place(weights: readonly Weight[], maxFileBytes: number): { placed: PlacedWeight[]; sizeBytes: number }[] {
  const files: { placed: PlacedWeight[]; sizeBytes: number }[] = [];
  for (const weight of weights) {
    const size = weightBytes(weight);
    const last = files.at(-1);
    const offset = last ? Math.ceil(last.sizeBytes / ALIGNMENT) * ALIGNMENT : 0;
    if (last && offset + size <= maxFileBytes) {
      last.placed.push({ weight, offset });
      last.sizeBytes = offset + size;
    } else files.push({ placed: [{ weight, offset: 0 }], sizeBytes: size });
  }
  return files;
}

async function* dataBytes(placed: readonly PlacedWeight[]): AsyncGenerator<Uint8Array> {
  let at = 0;
  for (const { weight, offset } of placed) {
    if (offset > at) yield new Uint8Array(offset - at);
    yield* checkedBytes(weight);
    at = offset + weightBytes(weight);
  }
}
