// The layers of the house, enforced: which room of src/ may import which. `imports` names the rooms a room may import
// directly; what those may import comes with them (model → ops brings gpu). The studio is the exception: of the rest of
// the house it sees the client and protocol of the two workers (worker, runtime) only.
//
// TypeScript 7 has no JavaScript API, so swc reads the sources. dependency-cruiser never tells swc that a .tsx file holds
// JSX; this does.
const swc = require('@swc/core');
const { parseFileSync } = swc;
swc.parseFileSync = (path, options) => parseFileSync(path, { ...options, tsx: path.endsWith('.tsx') });

const imports = {
  gpu: [],
  ops: ['gpu'],
  reference: [],
  formats: [],
  data: ['formats'],
  model: ['ops', 'formats'],
  adapters: ['model', 'ops', 'formats'],
  training: ['model', 'adapters', 'data'],
  evaluation: ['training'],
  analysis: ['adapters'],
  continue: ['training'],
  onnx: ['adapters', 'data'],
  storage: ['formats'],
  hub: ['formats'],
  runtime: ['adapters', 'data', 'formats'],
  worker: ['training', 'continue', 'evaluation', 'storage', 'hub', 'analysis', 'onnx'],
  cli: ['training', 'continue', 'evaluation', 'model', 'formats', 'storage', 'hub', 'onnx'],
};

/** What a room's tests need besides: exported folders to open. */
const testImports = { runtime: ['onnx'] };

// x.test.ts, and what tests share: testX.ts.
const TEST = '\\.test\\.tsx?$|/test[A-Z][^/]*\\.ts$';
const browserRooms = [...Object.keys(imports).filter((room) => room !== 'cli' && room !== 'reference'), 'studio'];

/** `room` and every room that it may import, by any number of arrows. */
function reach(room) {
  return [room, ...imports[room].flatMap(reach)];
}

function layerRule(room) {
  const rooms = [...new Set(reach(room))].join('|');
  return {
    name: `layer-${room}`,
    comment: `src/${room} may import, of ours, only: ${rooms} (tests also src/reference, src/formats, e2e, and the adapter and shaders that src/cli opens).`,
    severity: 'error',
    from: { path: `^src/${room}/`, pathNot: TEST },
    to: { path: '^(src|e2e)/', pathNot: `^src/(${rooms})/` },
  };
}

function testLayerRule(room) {
  const rooms = [...new Set([...reach(room), 'reference', 'formats', ...(testImports[room] ?? [])])].join('|');
  return {
    ...layerRule(room),
    name: `layer-${room}-tests`,
    from: { path: `^src/${room}/.*(${TEST})` },
    to: { path: '^(src|e2e)/', pathNot: [`^src/(${rooms})/`, '^src/cli/(nodeGpu|shaderFiles)\\.ts$', '^e2e/'] },
  };
}

module.exports = {
  forbidden: [
    ...Object.keys(imports).flatMap((room) => [layerRule(room), testLayerRule(room)]),
    {
      name: 'layer-studio',
      comment: 'The studio talks to the engine through the worker only, and to onnxruntime through its worker.',
      severity: 'error',
      from: { path: '^src/studio/' },
      to: { path: '^(src|e2e)/', pathNot: ['^src/studio/', '^src/(worker|runtime)/(client|protocol)\\.ts$', '^src/worker/protocol/'] },
    },
    {
      name: 'no-stray-rooms',
      comment: 'Every source file lives in a room that this file knows.',
      severity: 'error',
      from: { path: '^src/', pathNot: `^src/(${[...Object.keys(imports), 'studio'].join('|')})/|^src/[^/]+\\.d\\.ts$` },
      to: {},
    },
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-node-in-the-browser',
      comment: 'These rooms run in a page or a worker, where node: modules do not exist.',
      severity: 'error',
      from: { path: `^src/(${browserRooms.join('|')})/`, pathNot: TEST },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'no-dev-dependency-in-the-browser',
      comment: 'What is shipped imports only packages under "dependencies".',
      severity: 'error',
      from: { path: `^src/(${browserRooms.join('|')})/`, pathNot: TEST },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'no-unresolvable',
      comment: 'What the benchmark compares with is installed only when it runs.',
      severity: 'error',
      from: { path: '^(src|e2e)/' },
      to: { couldNotResolve: true, pathNot: '\\?|^virtual:|^@jax-js/|^@tensorflow/' },
    },
  ],
  options: {
    parser: 'swc',
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^e2e/(bench/node_modules|fixtures)' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'browser', 'default', 'types'] },
  },
};
