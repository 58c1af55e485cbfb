// The engine without a browser: `npm run -s rankwise -- COMMAND`.
import { runCommandLine } from './commandLine.ts';

/** npm runs scripts in the package's folder; paths are meant from where the person is. */
function returnToCaller(): void {
  const { npm_lifecycle_event: script, INIT_CWD: caller } = process.env;
  if (script === 'rankwise' && caller) process.chdir(caller);
}

returnToCaller();
process.exitCode = await runCommandLine(process.argv.slice(2));
