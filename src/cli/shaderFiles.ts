// The WGSL modules read from disk, for the engine under Node. (The browser gets them from the bundle.)
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { ShaderFiles } from '../gpu/shaders.ts';

const SHADERS_FOLDER = fileURLToPath(new URL('../../shaders/', import.meta.url));

export function readShaderFiles(): ShaderFiles {
  const files: Record<string, string> = {};
  for (const path of readdirSync(SHADERS_FOLDER, { recursive: true, encoding: 'utf8' })) {
    if (path.endsWith('.wgsl')) files[path.replaceAll('\\', '/')] = readFileSync(`${SHADERS_FOLDER}${path}`, 'utf8');
  }
  return files;
}
