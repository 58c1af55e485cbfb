import { describe, expect, it } from 'vitest';
import { packParams, ShaderLibrary } from './shaders.ts';

const ENTRY = '@compute @workgroup_size(1) fn main()';

const library = new ShaderLibrary({
  'scale.wgsl': `
import package::shared::double;
struct Params { count: u32, shift: i32, factor: f32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;
@if(twice) fn apply(value: f32) -> f32 { return double(value); }
@if(!twice) fn apply(value: f32) -> f32 { return value; }
${ENTRY} { y[params.count] = apply(x[u32(params.shift)]) * params.factor * constants::STEP; }`,
  'shared.wgsl': 'fn double(value: f32) -> f32 { return 2.0 * value; }',
  'gap.wgsl': `
@group(0) @binding(0) var<storage, read_write> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;
${ENTRY} { y[0] = x[0]; }`,
  'lateUniform.wgsl': `
struct Params { count: u32 }
@group(0) @binding(0) var<storage, read_write> x: array<f32>;
@group(0) @binding(1) var<uniform> params: Params;
${ENTRY} { x[params.count] = 1.0; }`,
  'vectorParameter.wgsl': `
struct Params { count: u32, offset: vec2f }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> x: array<f32>;
${ENTRY} { x[params.count] = params.offset.x; }`,
  'badImport.wgsl': `
import package::shared::triple;
@group(0) @binding(0) var<storage, read_write> x: array<f32>;
${ENTRY} { x[0] = triple(1.0); }`,
});

const scale = { path: 'scale', conditions: { twice: true }, constants: { STEP: 3 } };

describe('ShaderLibrary', () => {
  it('links imports, conditions and constants, and reads off the interface', async () => {
    const kernel = await library.link(scale);
    expect(kernel.code).toContain('2.0 * value');
    expect(kernel.params).toEqual([
      { name: 'count', type: 'u32' },
      { name: 'shift', type: 'i32' },
      { name: 'factor', type: 'f32' },
    ]);
    expect(kernel.slots).toEqual([
      { name: 'params', access: 'uniform' },
      { name: 'x', access: 'read' },
      { name: 'y', access: 'read_write' },
    ]);
  });

  it('links a variant once, and other variants apart', async () => {
    const kernel = await library.link(scale);
    expect(await library.link({ ...scale, conditions: { twice: true } })).toBe(kernel);
    const plain = await library.link({ ...scale, conditions: { twice: false } });
    expect(plain.key).not.toBe(kernel.key);
    expect(plain.code).not.toContain('2.0 * value');
    const stepped = await library.link({ ...scale, constants: { STEP: 4 } });
    expect(stepped.key).not.toBe(kernel.key);
  });

  it.each([
    ['noSuch', 'shaders/noSuch.wgsl: no such shader'],
    ['badImport', 'shaders/badImport.wgsl: does not link'],
    ['gap', 'shaders/gap.wgsl: binding 1 is missing or unused'],
    ['lateUniform', 'shaders/lateUniform.wgsl: expected the only uniform to be Params, at binding 0'],
    ['vectorParameter', 'shaders/vectorParameter.wgsl: expected parameters of u32, i32 or f32, got offset: vec2f'],
  ])('refuses %s', async (path, message) => {
    await expect(library.link({ path })).rejects.toThrow(message);
  });
});

describe('packParams', () => {
  it('packs by declared order and type, whatever the order given', async () => {
    const bytes = packParams(await library.link(scale), { factor: 0.5, count: 4_000_000_000, shift: -2 });
    expect(bytes.byteLength).toBe(16);
    const view = new DataView(bytes);
    expect([view.getUint32(0, true), view.getInt32(4, true), view.getFloat32(8, true)]).toEqual([
      4_000_000_000, -2, 0.5,
    ]);
  });

  it('names a parameter that is missing or unknown', async () => {
    const kernel = await library.link(scale);
    expect(() => packParams(kernel, { count: 1, factor: 1 })).toThrow('scale: parameter shift is missing');
    expect(() => packParams(kernel, { count: 1, factor: 1, shift: 0, shfit: 0 })).toThrow(
      'scale: unknown parameter shfit',
    );
  });
});
