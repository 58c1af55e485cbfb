// SIGINT and SIGTERM while something is trained.

const SAME_SIGNAL_MS = 1000;
const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/**
 * The first SIGINT or SIGTERM lets the step finish; another one, later, ends the process. (npm, tsx and a terminal may
 * each pass on the same one.)
 */
export function listenForSignals() {
  const stopping: { signal: NodeJS.Signals | undefined; end(): void } = {
    signal: undefined,
    end() {
      for (const name of SIGNALS) process.off(name, onSignal);
    },
  };
  let firstAt = 0;
  const onSignal = (name: NodeJS.Signals) => {
    if (stopping.signal === undefined) firstAt = performance.now();
    else if (performance.now() - firstAt > SAME_SIGNAL_MS) process.exit(130);
    stopping.signal ??= name;
  };
  for (const name of SIGNALS) process.on(name, onSignal);
  return stopping;
}
