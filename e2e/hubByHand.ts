// The local Hub held against Hugging Face's own Python: what we push is read back by it, and what it uploads by us. So the
// server is not merely the other half of our own reading. For anyone with a Python that has huggingface_hub, PEFT and
// transformers; the everyday test command does not need it.
//
//   npx tsx e2e/hubByHand.ts PYTHON
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startHub } from './hub/server.ts';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('..', import.meta.url));
const MODEL = join(ROOT, 'e2e/fixtures/parity/cli-bos/model');
const ADAPTER = join(ROOT, 'e2e/fixtures/parity/cli-bos/adapter');

const [python] = process.argv.slice(2);
if (python === undefined) throw new Error('expected: npx tsx e2e/hubByHand.ts PYTHON');
const folder = mkdtempSync(join(tmpdir(), 'rankwise-hub-by-hand-'));
const pushed = join(folder, 'pushed');
mkdirSync(join(pushed, 'sub folder'), { recursive: true });
writeFileSync(join(pushed, 'config.json'), '{}');
writeFileSync(join(pushed, 'model.safetensors'), randomBytes(2_700_000));
writeFileSync(join(pushed, 'sub folder', 'größe #1.txt'), 'in a folder');

const hub = await startHub({
  repos: { 'someone/tiny': MODEL },
  accounts: { hf_write: { name: 'ada', canWrite: true } },
  pushedTo: join(folder, 'hub'),
  partBytes: 1_000_000,
});
const env = {
  ...process.env,
  HF_ENDPOINT: hub.endpoint,
  HF_TOKEN: 'hf_write',
  XDG_CACHE_HOME: join(folder, 'cache'),
  npm_lifecycle_event: '',
};
const rankwise = async (...args: string[]) => {
  const main = join(ROOT, 'src/cli/main.ts');
  const { stdout } = await run(process.execPath, ['--import', 'tsx', main, ...args], { cwd: ROOT, env });
  process.stdout.write(stdout);
};
try {
  await rankwise('push', pushed, '--repo', 'ada/pushed');
  await rankwise('push', ADAPTER, '--repo', 'ada/lora');
  const script = join(ROOT, 'e2e/reference/check_hub.py');
  const { stdout } = await run(python, [script, hub.endpoint, pushed, MODEL, ADAPTER], { cwd: folder });
  process.stdout.write(stdout);
  await rankwise('inspect', 'ada/lora');
} finally {
  await hub.close();
  rmSync(folder, { recursive: true });
}
