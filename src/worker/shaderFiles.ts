// The WGSL modules as the bundle carries them.
import type { ShaderFiles } from '../gpu/shaders.ts';

const FOLDER = '/shaders/';
const bundled = import.meta.glob<string>('/shaders/**/*.wgsl', { query: '?raw', import: 'default', eager: true });

export const SHADER_FILES: ShaderFiles = Object.fromEntries(
  Object.entries(bundled).map(([path, text]) => [path.slice(FOLDER.length), text]),
);
