// A graph as it is put together: nodes, small constants, and weights whose bytes are asked for only when the file is
// written. Values are names; a node returns the name of what it makes.
import { create } from '@bufbuild/protobuf';
import {
  type AttributeProto,
  AttributeProto_AttributeType,
  AttributeProtoSchema,
  type NodeProto,
  NodeProtoSchema,
  type TensorProto,
  TensorProto_DataType,
  TensorProtoSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from './schema/onnx_pb.ts';

export type ElementType = 'float32' | 'float16' | 'uint8' | 'int32' | 'int64';

const DATA_TYPE: Readonly<Record<ElementType, TensorProto_DataType>> = {
  float32: TensorProto_DataType.FLOAT,
  float16: TensorProto_DataType.FLOAT16,
  uint8: TensorProto_DataType.UINT8,
  int32: TensorProto_DataType.INT32,
  int64: TensorProto_DataType.INT64,
};

const ELEMENT_BYTES: Readonly<Record<ElementType, number>> = { float32: 4, float16: 2, uint8: 1, int32: 4, int64: 8 };

/** An initializer whose bytes are made while the file is written. Row-major, little-endian. */
export interface Weight {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly number[];
  readonly bytes: () => AsyncIterable<Uint8Array>;
}

/** A number is a fixed size, a name a symbolic one. */
export type Dimension = number | string;

/** Whole numbers as number[] are INTS; a number is INT, or FLOAT where it is given as { float }. */
export type Attribute = number | readonly number[] | { readonly float: number };

export interface NodeOptions {
  readonly attributes?: Readonly<Record<string, Attribute>>;
  readonly domain?: string;
  /** The value's name; default: one made from the op's. */
  readonly output?: string;
}

export function weightBytes({ type, shape }: Pick<Weight, 'type' | 'shape'>): number {
  return shape.reduce((product, size) => product * size, ELEMENT_BYTES[type]);
}

/** The header of a weight's initializer: everything but its bytes. */
export function tensorHeader({ name, type, shape }: Weight): TensorProto {
  return create(TensorProtoSchema, { name, dataType: DATA_TYPE[type], dims: shape.map(BigInt) });
}

export class Graph {
  readonly nodes: NodeProto[] = [];
  readonly constants: TensorProto[] = [];
  readonly inputs: ValueInfoProto[] = [];
  readonly outputs: ValueInfoProto[] = [];
  readonly #weights = new Map<string, Weight>();
  readonly #constantNames = new Map<string, string>();
  readonly #used = new Map<string, number>();
  #scope = '';

  get weights(): readonly Weight[] {
    return [...this.#weights.values()];
  }

  /** Names made meanwhile begin with this. */
  within<T>(scope: string, build: () => T): T {
    const outer = this.#scope;
    this.#scope = `${outer}${scope}/`;
    try {
      return build();
    } finally {
      this.#scope = outer;
    }
  }

  input(name: string, type: ElementType, dimensions: readonly Dimension[]): string {
    this.inputs.push(valueInfo(name, type, dimensions));
    return name;
  }

  /** Declares a value that a node made as an output. */
  output(name: string, type: ElementType, dimensions: readonly Dimension[]): void {
    this.outputs.push(valueInfo(name, type, dimensions));
  }

  /** A node with one output, whose name it returns. An empty input is one that is left out. */
  node(op: string, inputs: readonly string[], options: NodeOptions = {}): string {
    return this.#add(op, inputs, options, [options.output ?? this.#unique(op)])[0]!;
  }

  /** A node with several outputs; those not wanted have no name. */
  several(op: string, inputs: readonly string[], wanted: readonly boolean[], options: NodeOptions = {}): string[] {
    const name = this.#unique(op);
    return this.#add(
      op,
      inputs,
      options,
      wanted.map((isWanted, i) => (isWanted ? `${name}.${i}` : '')),
    );
  }

  #add(op: string, inputs: readonly string[], options: NodeOptions, outputs: string[]): string[] {
    const { attributes = {}, domain = '' } = options;
    const attribute = Object.entries(attributes).map(([name, value]) => attributeProto(name, value));
    const name = outputs[0]!;
    this.nodes.push(
      create(NodeProtoSchema, { opType: op, name, input: [...inputs], output: outputs, attribute, domain }),
    );
    return outputs;
  }

  #unique(op: string): string {
    const stem = `/${this.#scope}${op}`;
    const count = this.#used.get(stem) ?? 0;
    this.#used.set(stem, count + 1);
    return count === 0 ? stem : `${stem}_${count}`;
  }

  /** A whole-number constant, a scalar where it is one number. Equal ones are kept once. */
  integers(values: number | readonly number[], type: 'int32' | 'int64' = 'int64'): string {
    const list = typeof values === 'number' ? [values] : values;
    const raw = type === 'int64' ? new BigInt64Array(list.map(BigInt)) : new Int32Array(list);
    return this.#constant(type, typeof values === 'number' ? [] : [list.length], raw, String(values));
  }

  /** An f32 scalar. */
  float(value: number): string {
    return this.#constant('float32', [], new Float32Array([value]), String(value));
  }

  #constant(type: ElementType, shape: number[], data: ArrayBufferView, text: string): string {
    const key = `${type}[${shape}] ${text}`;
    const known = this.#constantNames.get(key);
    if (known) return known;
    const name = `constant.${this.#constantNames.size}`;
    this.#constantNames.set(key, name);
    const rawData = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    this.constants.push(
      create(TensorProtoSchema, { name, dataType: DATA_TYPE[type], dims: shape.map(BigInt), rawData }),
    );
    return name;
  }

  /** An initializer with bytes of its own; one of the same name is the same. */
  weight(weight: Weight): string {
    if (!this.#weights.has(weight.name)) this.#weights.set(weight.name, weight);
    return weight.name;
  }

  cast(value: string, to: ElementType): string {
    return this.node('Cast', [value], { attributes: { to: DATA_TYPE[to] } });
  }

  reshape(value: string, shape: readonly number[]): string {
    return this.node('Reshape', [value, this.integers(shape)]);
  }
}

function valueInfo(name: string, type: ElementType, dimensions: readonly Dimension[]): ValueInfoProto {
  const dim = dimensions.map((size) => ({
    value:
      typeof size === 'number'
        ? { case: 'dimValue' as const, value: BigInt(size) }
        : { case: 'dimParam' as const, value: size },
  }));
  return create(ValueInfoProtoSchema, {
    name,
    type: { value: { case: 'tensorType', value: { elemType: DATA_TYPE[type], shape: { dim } } } },
  });
}

function attributeProto(name: string, value: Attribute): AttributeProto {
  if (typeof value === 'number') {
    return create(AttributeProtoSchema, { name, type: AttributeProto_AttributeType.INT, i: BigInt(value) });
  }
  if ('float' in value) {
    return create(AttributeProtoSchema, { name, type: AttributeProto_AttributeType.FLOAT, f: value.float });
  }
  return create(AttributeProtoSchema, { name, type: AttributeProto_AttributeType.INTS, ints: value.map(BigInt) });
}
