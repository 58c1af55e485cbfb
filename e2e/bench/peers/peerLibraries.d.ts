// What the benchmark uses of the peers' interfaces, so that the repository type-checks where they are not installed.

declare module '@jax-js/jax' {
  export interface Array {
    readonly ref: Array;
    readonly shape: number[];
    add(other: Array | number): Array;
    sub(other: Array | number): Array;
    mul(other: Array | number): Array;
    div(other: Array | number): Array;
    sum(axis: number): Array;
    mean(axis?: number, options?: { keepdims?: boolean }): Array;
    reshape(shape: number[]): Array;
    transpose(permutation?: number[]): Array;
    slice(...index: (Array | number[])[]): Array;
    data(): Promise<Float32Array>;
  }
  interface ArrayOptions {
    shape?: number[];
    dtype?: string;
  }
  export const numpy: {
    readonly int32: string;
    readonly bool: string;
    array(values: number | Float32Array | Int32Array, options?: ArrayOptions): Array;
    zeros(shape: number[]): Array;
    matmul(x: Array, y: Array): Array;
    sqrt(x: Array): Array;
    reciprocal(x: Array): Array;
    tri(rows: number, cols: number, k: number, options: ArrayOptions): Array;
    where(condition: Array, x: Array | number, y: Array | number): Array;
    pad(x: Array, width: Record<number, [number, number]>): Array;
  };
  export const nn: {
    softmax(x: Array, axis: number): Array;
    gelu(x: Array): Array;
    logsumexp(x: Array, axis: number): Array;
    oneHot(x: Array, classes: number): Array;
  };
  export const tree: {
    ref<T>(tree: T): T;
    dispose(tree: unknown): void;
    map<T>(change: (...leaves: Array[]) => Array, first: T, ...rest: T[]): T;
  };
  export function init(device: string): Promise<string[]>;
  export function defaultDevice(device: string): void;
  export function blockUntilReady(tree: unknown): Promise<unknown>;
  export function jit<A extends unknown[], R>(f: (...args: A) => R): (...args: A) => R;
  export function valueAndGrad<P, A extends unknown[]>(
    f: (first: P, ...rest: A) => Array,
  ): (first: P, ...rest: A) => [Array, P];
}

declare module '@tensorflow/tfjs' {
  export interface Tensor {
    add(other: Tensor | number): Tensor;
    sub(other: Tensor | number): Tensor;
    mul(other: Tensor | number): Tensor;
    square(): Tensor;
    rsqrt(): Tensor;
    tanh(): Tensor;
    reshape(shape: number[]): Tensor;
    transpose(permutation: number[]): Tensor;
    slice(begin: number[], size: number[]): Tensor;
    cast(type: string): Tensor;
    asScalar(): Tensor;
    data(): Promise<Float32Array>;
    dispose(): void;
  }
  export interface Variable extends Tensor {
    assign(value: Tensor): void;
  }
  export function setBackend(name: string): Promise<boolean>;
  export function ready(): Promise<void>;
  export function tensor(values: Float32Array | Int32Array, shape?: number[], type?: string): Tensor;
  export function variable(value: Tensor): Variable;
  export function tidy<T>(f: () => T): T;
  export function dispose(container: unknown): void;
  export function oneHot(ids: Tensor, classes: number): Tensor;
  export function gather(table: Tensor, ids: Tensor): Tensor;
  export function split(x: Tensor, parts: number, axis: number): Tensor[];
  export function moments(x: Tensor, axis: number, keepDims: boolean): { mean: Tensor; variance: Tensor };
  export function matMul(a: Tensor, b: Tensor, transposeA?: boolean, transposeB?: boolean): Tensor;
  export function softmax(x: Tensor): Tensor;
  export function variableGrads(
    f: () => Tensor,
    variables: Variable[],
  ): { value: Tensor; grads: Record<string, Tensor> };
  export const losses: { softmaxCrossEntropy(labels: Tensor, logits: Tensor): Tensor };
  export const train: {
    adam(
      learningRate: number,
      beta1: number,
      beta2: number,
      epsilon: number,
    ): { applyGradients(gradients: { name: string; tensor: Tensor }[]): void; dispose(): void };
  };
}

declare module '@tensorflow/tfjs-backend-webgpu';
