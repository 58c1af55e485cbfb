// A progress bar on standard error, only where that is a terminal.
const WIDTH = 24;
const REDRAW_MS = 80;

export interface Progress {
  /** `done` of `total`, and what to say beside the bar. */
  show(done: number, total: number, text?: string): void;
  /** Takes the bar away. */
  end(): void;
}

/** Silent when `stream` is no terminal. */
export function progressBar(label: string, stream: NodeJS.WriteStream = process.stderr): Progress {
  if (!stream.isTTY) return { show() {}, end() {} };
  const startedAt = performance.now();
  let drawnAt = Number.NEGATIVE_INFINITY;
  return {
    show(done, total, text = '') {
      const now = performance.now();
      if (now - drawnAt < REDRAW_MS && done < total) return;
      drawnAt = now;
      const share = total > 0 ? Math.min(1, done / total) : 0;
      const filled = Math.round(share * WIDTH);
      const left = share > 0 && share < 1 ? ` ${duration(((now - startedAt) * (1 - share)) / share)} left` : '';
      const bar = `${'█'.repeat(filled)}${'░'.repeat(WIDTH - filled)}`;
      const line = `${label} ${bar} ${Math.floor(share * 100)} %${left}${text && `  ${text}`}`;
      stream.write(`\r\x1b[K${line.slice(0, (stream.columns || 80) - 1)}`);
    },
    end() {
      stream.write('\r\x1b[K');
    },
  };
}

export function duration(ms: number): string {
  if (ms < 60_000) return `${(ms / 1000).toFixed(ms < 10_000 ? 1 : 0)} s`;
  const minutes = Math.round(ms / 60_000);
  return minutes < 90 ? `${minutes} min` : `${(minutes / 60).toFixed(1)} h`;
}
