// From WGSL files to kernels: links a module with its imports and conditions (by the `wesl` package) and reads off the
// linked text what the runtime must know, so that bindings, access and parameters are stated once, in the shader.
import { type LinkedWesl, link } from 'wesl/core';
import { GpuUsageError, ShaderError } from './errors.ts';

export type Access = 'uniform' | 'read' | 'read_write';

export interface BindingSlot {
  readonly name: string;
  readonly access: Access;
}

export interface ParamField {
  readonly name: string;
  readonly type: 'u32' | 'i32' | 'f32';
}

/** A linked shader: its text and its interface. Binding 0 is the uniform `params` when there are parameters. */
export interface Kernel {
  readonly key: string;
  readonly path: string;
  readonly code: string;
  readonly params: readonly ParamField[];
  readonly slots: readonly BindingSlot[];
  /** Where a place of the linked text was written; line and column count from 1. */
  readonly locate: (line: number, column: number) => SourceLine;
}

/** A line of a module, and the module's text. */
export interface SourceLine {
  /** Below shaders/, ending included. */
  readonly path: string;
  readonly line: number;
  readonly text: string;
}

/** Which module, with which conditions (`@if(name)`) and constants (`constants::NAME`). */
export interface KernelSource {
  /** Path below shaders/, without ending: `rmsNorm/forward`. */
  readonly path: string;
  readonly conditions?: Readonly<Record<string, boolean>>;
  readonly constants?: Readonly<Record<string, number>>;
}

/** Every WGSL module by its path below shaders/, ending included: `{'rmsNorm/forward.wgsl': '…'}`. */
export type ShaderFiles = Readonly<Record<string, string>>;

/** Links kernels on first use and keeps them. */
export class ShaderLibrary {
  readonly #modules: Record<string, string> = {};
  readonly #kernels = new Map<string, Kernel>();

  constructor(files: ShaderFiles) {
    for (const [path, text] of Object.entries(files)) this.#modules[`./${path}`] = text;
  }

  /** The linked kernel. Throws ShaderError when the module is missing or does not link. */
  async link(source: KernelSource): Promise<Kernel> {
    const key = kernelKey(source);
    const known = this.#kernels.get(key);
    if (known) return known;
    if (!this.#modules[`./${source.path}.wgsl`]) throw new ShaderError(`shaders/${source.path}.wgsl: no such shader`);
    const linked = await link({
      rootModuleName: source.path,
      weslSrc: this.#modules,
      conditions: { ...source.conditions },
      constants: { ...source.constants },
    }).catch((error: unknown) => {
      throw new ShaderError(`shaders/${source.path}.wgsl: does not link: ${String(error)}`);
    });
    const kernel: Kernel = {
      key,
      path: source.path,
      code: linked.dest,
      ...readInterface(source.path, linked.dest),
      locate: (line, column) => sourceLine(linked, line, column),
    };
    this.#kernels.set(key, kernel);
    return kernel;
  }
}

function sourceLine({ dest, sourceMap }: LinkedWesl, line: number, column: number): SourceLine {
  const before = dest.split('\n').slice(0, line - 1);
  const start = before.reduce((length, text) => length + text.length + 1, 0);
  const { src, position } = sourceMap.destToSrc(start + Math.max(0, column - 1));
  const path = (src.path ?? 'linked').replace(/^\.\//, '').replace(/\.\w+$/, '');
  return { path: `${path}.wgsl`, line: src.text.slice(0, position).split('\n').length, text: src.text };
}

function kernelKey({ path, conditions = {}, constants = {} }: KernelSource): string {
  const parts = [...Object.entries(conditions), ...Object.entries(constants)].map(
    ([name, value]) => `${name}=${value}`,
  );
  return [path, ...parts.sort()].join(' ');
}

const BINDING =
  /@group\(0\)\s*@binding\((\d+)\)\s*var<\s*(uniform|storage)\s*(?:,\s*(read|read_write)\s*)?>\s*(\w+)\s*:/g;

function readInterface(path: string, code: string): Pick<Kernel, 'params' | 'slots'> {
  const slots: BindingSlot[] = [];
  for (const [, index, space, access, name] of code.matchAll(BINDING)) {
    const slot = {
      name: name!,
      access: space === 'uniform' ? 'uniform' : ((access ?? 'read') as 'read' | 'read_write'),
    };
    slots[Number(index)] = slot as BindingSlot;
  }
  const paramsStruct = /struct\s+Params\s*\{([^}]*)\}/.exec(code)?.[1] ?? '';
  const fields = paramsStruct.replaceAll(/\/\/.*/g, '').matchAll(/(\w+)\s*:\s*([\w<>]+)/g);
  const params = [...fields].map(([, name, type]): ParamField => {
    if (type === 'u32' || type === 'i32' || type === 'f32') return { name: name!, type };
    throw new ShaderError(`shaders/${path}.wgsl: expected parameters of u32, i32 or f32, got ${name}: ${type}`);
  });
  for (let i = 0; i < slots.length; i++) {
    if (!slots[i]) throw new ShaderError(`shaders/${path}.wgsl: binding ${i} is missing or unused`);
    if ((slots[i]!.access === 'uniform') !== (i === 0 && params.length > 0)) {
      throw new ShaderError(`shaders/${path}.wgsl: expected the only uniform to be Params, at binding 0`);
    }
  }
  return { params, slots };
}

/** Packs parameters in the order the shader declares them; a missing or unknown name is an error. */
export function packParams(kernel: Kernel, values: Readonly<Record<string, number>>): ArrayBuffer {
  const bytes = new ArrayBuffer(Math.ceil((kernel.params.length * 4) / 16) * 16);
  const view = new DataView(bytes);
  kernel.params.forEach(({ name, type }, i) => {
    const value = values[name];
    if (value === undefined) throw new GpuUsageError(`${kernel.path}: parameter ${name} is missing`);
    if (type === 'f32') view.setFloat32(i * 4, value, true);
    else if (type === 'i32') view.setInt32(i * 4, value, true);
    else view.setUint32(i * 4, value, true);
  });
  const known = new Set(kernel.params.map((field) => field.name));
  for (const name of Object.keys(values)) {
    if (!known.has(name)) throw new GpuUsageError(`${kernel.path}: unknown parameter ${name}`);
  }
  return bytes;
}
