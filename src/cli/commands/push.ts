// `push`: an adapter, a model folder or a GGUF file of this machine into a repository on the Hub. The token comes from the
// environment alone: flags are seen by everyone who lists this machine's processes.
import { basename, resolve } from 'node:path';
import { pushFiles } from '../../hub/push.ts';
import { parsePushId } from '../../hub/pushRepo.ts';
import type { FlagKind, Flags } from '../flags.ts';
import { hubAccess } from '../hub/hubAccess.ts';
import { onThisMachine } from '../hub/hubCache.ts';
import { pushedCard } from '../hub/pushedCard.ts';
import { pushedFiles } from '../hub/pushedFiles.ts';
import { InputError } from '../inputError.ts';
import { progressBar } from '../progress.ts';

export const PUSH_FLAGS: Readonly<Record<string, FlagKind>> = {
  repo: 'text',
  private: 'switch',
  revision: 'text',
  message: 'text',
  adapter: 'text',
  metrics: 'text',
};

export async function push(flags: Flags): Promise<void> {
  const [path, ...rest] = flags.words;
  if (path === undefined || rest.length > 0) throw new InputError('push: expected one path');
  const repo = parsePushId(flags.required('repo'));
  const revision = flags.text('revision') ?? 'main';
  const found = await pushedFiles(path);
  const adapter = flags.text('adapter');
  const card = await pushedCard(found, {
    path,
    repo,
    adapterPath: adapter === undefined ? undefined : await onThisMachine(adapter),
    metricsPath: flags.text('metrics'),
  });
  const made = new Set(card.map(({ name }) => name));
  const files = [...found.files.filter(({ name }) => !made.has(name)), ...card];
  const { endpoint, token, isOffline } = hubAccess();
  if (isOffline) throw new InputError('push: HF_HUB_OFFLINE is set');
  if (!token) {
    throw new InputError(
      `push: HF_TOKEN is not set; make a token that may write at ${endpoint}/settings/tokens and put it into the environment, not into a flag, which others on this machine can see`,
    );
  }
  const bar = progressBar('Pushing');
  const message = flags.text('message') ?? `${basename(resolve(path))}, from Rankwise`;
  const result = await pushFiles(
    { repo, revision, isPrivate: flags.has('private'), message, files },
    {
      endpoint,
      token,
      onProgress: ({ phase, file, doneBytes, totalBytes }) =>
        bar.show(doneBytes, totalBytes, `${phase} ${file}`.trim()),
    },
  ).finally(() => bar.end());
  const { url, pushedFiles: count, pushedBytes, keptFiles, commitUrl } = result;
  const there = keptFiles > 0 ? `, ${keptFiles} were there already` : '';
  process.stdout.write(
    commitUrl === undefined
      ? `Nothing to push: all ${keptFiles} files are there already: ${url}\n`
      : `Pushed ${count} files, ${pushedBytes} bytes${there}: ${url}\n`,
  );
}
