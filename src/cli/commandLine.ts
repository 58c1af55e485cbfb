// A command line, from its words to an exit code: 0 when done, 2 for bad input with one line on standard error, 1 for
// anything else.
import { EVALUATE_FLAGS, evaluate } from './commands/evaluate.ts';
import { EXPORT_FLAGS, exportModel } from './commands/export.ts';
import { GENERATE_FLAGS, generate } from './commands/generate.ts';
import { INSPECT_FLAGS, inspect } from './commands/inspect.ts';
import { LOGITS_FLAGS, logits } from './commands/logits.ts';
import { MERGE_FLAGS, merge } from './commands/merge.ts';
import { PUSH_FLAGS, push } from './commands/push.ts';
import { train } from './commands/train.ts';
import { type FlagKind, type Flags, parseFlags } from './flags.ts';
import { HELP } from './help.ts';
import { InputError, inOneLine, isBadInput } from './inputError.ts';
import { TRAIN_FLAGS } from './trainFlags.ts';

interface Command {
  readonly flags: Readonly<Record<string, FlagKind>>;
  /** Resolves to the exit code. */
  readonly run: (flags: Flags) => Promise<number>;
  readonly takesWords?: boolean;
}

function done(run: (flags: Flags) => Promise<void>) {
  return async (flags: Flags) => {
    await run(flags);
    return 0;
  };
}

const COMMANDS: Readonly<Record<string, Command>> = {
  train: { flags: TRAIN_FLAGS, run: train },
  generate: { flags: GENERATE_FLAGS, run: done(generate) },
  evaluate: { flags: EVALUATE_FLAGS, run: done(evaluate), takesWords: true },
  logits: { flags: LOGITS_FLAGS, run: done(logits) },
  merge: { flags: MERGE_FLAGS, run: done(merge) },
  export: { flags: EXPORT_FLAGS, run: done(exportModel) },
  push: { flags: PUSH_FLAGS, run: done(push), takesWords: true },
  inspect: { flags: INSPECT_FLAGS, run: done(inspect), takesWords: true },
};

/** Never rejects: what goes wrong is said on standard error. */
export async function runCommandLine(args: readonly string[]): Promise<number> {
  try {
    return await runCommand(args);
  } catch (error) {
    process.stderr.write(`${inOneLine(error instanceof Error ? error.message : String(error))}\n`);
    return isBadInput(error) ? 2 : 1;
  }
}

async function runCommand([name, ...args]: readonly string[]): Promise<number> {
  const asksHelp = [name, ...args].some((word) => word === '--help' || word === '-h');
  if (name === undefined || name === 'help' || asksHelp) {
    process.stdout.write(HELP);
    return name === undefined ? 2 : 0;
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!command) throw new InputError(`${name}: no such command; there are ${Object.keys(COMMANDS).join(', ')}`);
  const flags = parseFlags(args, command.flags);
  const [word] = flags.words;
  if (word !== undefined && !command.takesWords) throw new InputError(`${name}: ${word} belongs to no flag`);
  return command.run(flags);
}
