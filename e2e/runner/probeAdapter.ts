// Prints, as JSON, the adapter that this process's environment leads to; exit code 1 and the reason when there is none.
// Run as a process of its own: a driver that crashes then costs one line, not the test command.
import { openNodeAdapter } from '../../src/cli/nodeGpu.ts';

try {
  const { adapter, describe, isSoftware } = await openNodeAdapter();
  (await adapter.requestDevice()).destroy();
  console.log(JSON.stringify({ describe, isSoftware }));
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
