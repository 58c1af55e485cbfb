// The benchmark in a page of the dev server, at /bench. `npm run bench -- --browser` presses its buttons.
import { SHADER_FILES } from '../../src/worker/shaderFiles.ts';
import { runBench } from './bench.ts';
import { BENCH_SHADERS } from './benchShaders.ts';
import type { Peer } from './environment.ts';
import { PEERS } from './peers/peers.ts';
import { resultName } from './resultName.ts';
import { type BenchResults, SECTIONS, type Section } from './results.ts';
import { renderTable, type Table } from './table.ts';

declare global {
  interface Window {
    /** For whoever drives the page. */
    rankwiseBench?: { before?: BenchResults; results?: BenchResults; isDone?: boolean; failure?: string };
  }
}

/** Set by the dev server: the commit, and whether the peers are installed. */
const commit = document.querySelector<HTMLMetaElement>('meta[name=commit]')?.content ?? 'unknown';

const part = <T extends HTMLElement>(id: string, kind: new () => T): T => {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new Error(`bench page: no ${id}`);
  return found;
};
const form = part('choice', HTMLFormElement);
const status = part('status', HTMLParagraphElement);
const results = part('results', HTMLElement);
const runButton = part('run', HTMLButtonElement);
const saveButton = part('save', HTMLButtonElement);
const state: NonNullable<Window['rankwiseBench']> = {};
window.rankwiseBench = state;

/** First steps need processes of their own, which a page cannot have. */
const HERE: Record<Exclude<Section, 'cold'>, string> = {
  ceiling: 'The best plain matrix product, and copies',
  ops: 'Every kernel, as a share of the ceiling',
  linear: 'What an adapter adds to its frozen matrix',
  step: 'A training step, beside jax-js and TensorFlow.js',
  race: 'Four ranks together, and one after another',
  growth: 'By length, layers, rank and batch',
};
for (const [section, what] of Object.entries(HERE)) {
  const box = document.createElement('input');
  Object.assign(box, { type: 'checkbox', name: 'section', value: section, checked: true });
  const label = element('label', box, section, element('small', what));
  part('sections', HTMLFieldSetElement).append(label);
}

form.addEventListener('submit', (event) => {
  event.preventDefault();
  void measure();
});
saveButton.addEventListener('click', save);

const peers = await availablePeers();
status.textContent = navigator.gpu
  ? `Compared with ${peers.map(({ name, version }) => `${name} ${version}`).join(' and ') || 'nothing: npm install in e2e/bench'}.`
  : 'This browser offers no WebGPU.';
runButton.disabled = !navigator.gpu;

/** Those that are installed. Asking now lets the dev server prepare them, and reload, before anything is measured. */
async function availablePeers(): Promise<Peer[]> {
  const found = await Promise.all(PEERS.map(async (peer) => ((await peer.isInstalled()) ? peer : undefined)));
  return found.filter((peer) => peer !== undefined);
}

async function measure(): Promise<void> {
  runButton.disabled = true;
  status.textContent = 'Measuring…';
  results.replaceChildren();
  const chosen = new FormData(form).getAll('section');
  const options = {
    sections: SECTIONS.filter((section) => chosen.includes(section)),
    runs: part('runs', HTMLInputElement).valueAsNumber,
    isQuick: part('quick', HTMLInputElement).checked,
  };
  try {
    await runBench(
      {
        where: 'browser',
        runtime: browserName(),
        commit,
        shaders: { ...SHADER_FILES, ...BENCH_SHADERS },
        peers,
        async openAdapter() {
          const adapter = await navigator.gpu.requestAdapter({ powerPreference: 'high-performance' });
          if (!adapter) throw new Error('This browser has no WebGPU adapter.');
          return adapter;
        },
        log(text) {
          results.append(element('p', text));
          console.log(text);
        },
        show(table) {
          results.append(element('section', tableElement(table)));
          console.log(`\n${renderTable(table)}`);
        },
      },
      options,
      state.before,
      (known) => {
        state.results = known;
      },
    );
    state.isDone = true;
    status.textContent = 'Done.';
    saveButton.disabled = false;
  } catch (error) {
    state.failure = error instanceof Error ? `${error.message}\n${error.stack}` : String(error);
    status.textContent = `Stopped: ${state.failure}`;
  }
  runButton.disabled = false;
}

function element(name: string, ...content: (Node | string)[]): HTMLElement {
  const made = document.createElement(name);
  made.append(...content);
  return made;
}

function tableElement({ title, columns, rows }: Table): HTMLElement {
  const row = (cells: readonly string[], isHead: boolean) =>
    element('tr', ...cells.map((cell, i) => cellElement(isHead || i === 0 ? 'th' : 'td', cell)));
  return element(
    'table',
    element('caption', title),
    element('thead', row(columns, true)),
    element('tbody', ...rows.map((cells) => row(cells, false))),
  );
}

function cellElement(name: 'th' | 'td', text: string): HTMLElement {
  const cell = element(name, text);
  cell.classList.toggle('missed', text === 'NOT MET');
  return cell;
}

/** The product that matters in the user agent: Chrome/142.0.0.0. */
function browserName(): string {
  return /(Firefox|Edg|Chrome)\/[\d.]+/.exec(navigator.userAgent)?.[0] ?? navigator.userAgent;
}

function save(): void {
  if (!state.results) return;
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([JSON.stringify(state.results, null, 1)], { type: 'application/json' }));
  link.download = `${resultName(state.results.adapter, 'browser')}.json`;
  link.click();
  URL.revokeObjectURL(link.href);
}
