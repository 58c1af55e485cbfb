// Which frozen matrices get an adapter: the paper's names, the model's own, and plain words.
import { ToggleTiles } from '../../../panels/ToggleTiles.tsx';
import { knownDescription, useModelStore } from '../../../stores/modelStore.ts';
import { changeAdapter, useSettingsStore } from '../../../stores/settingsStore.ts';
import type { Target } from '../../../stores/settingsTypes.ts';
import styles from './adapter.module.css';

const WORDS: Record<Target, { label: string; detail: string }> = {
  q: { label: 'Wq', detail: 'queries' },
  k: { label: 'Wk', detail: 'keys' },
  v: { label: 'Wv', detail: 'values' },
  o: { label: 'Wo', detail: 'output' },
  gate: { label: 'Gate', detail: 'MLP gate' },
  up: { label: 'Up', detail: 'MLP in' },
  down: { label: 'Down', detail: 'MLP out' },
  qkv: { label: 'Wqkv', detail: 'q, k, v as one' },
};

export function TargetToggles() {
  const chosen = useSettingsStore((state) => state.settings.adapter.targets);
  const known = useModelStore(({ status }) => knownDescription(status)?.targets ?? null);
  const targets = known ?? chosen.map((target) => ({ target, moduleName: '' }));
  return (
    <>
      <ToggleTiles
        legend="Matrices: where the adapter sits"
        options={targets.map(({ target, moduleName }) => ({
          value: target,
          label: WORDS[target].label,
          // `self_attn.q_proj` is shown as q_proj, and in full on hover.
          term: moduleName.slice(moduleName.lastIndexOf('.') + 1),
          title: moduleName,
          detail: WORDS[target].detail,
        }))}
        values={chosen}
        onChange={(next) => changeAdapter({ targets: next })}
      />
      {chosen.length === 0 && <p className={styles.error}>Choose at least one matrix.</p>}
    </>
  );
}
