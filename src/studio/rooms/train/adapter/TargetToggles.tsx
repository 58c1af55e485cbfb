// Which frozen matrices get an adapter: the paper's names, the model's own, and plain words. Several such choices race;
// the tiles show one of them.
import { Button } from '@mantine/core';
import { useState } from 'react';
import { RadioChips } from '../../../panels/RadioChips.tsx';
import { ToggleTiles } from '../../../panels/ToggleTiles.tsx';
import { knownDescription, useModelStore } from '../../../stores/modelStore.ts';
import { changeChoices, useSettingsStore } from '../../../stores/settingsStore.ts';
import type { Target } from '../../../stores/settingsTypes.ts';
import styles from './adapter.module.css';
import { TARGET_WORDS } from './targetWords.ts';

export function TargetToggles() {
  const sets = useSettingsStore((state) => state.choices.targets);
  const known = useModelStore(({ status }) => knownDescription(status)?.targets ?? null);
  const [asked, setShown] = useState(0);
  const shown = Math.min(asked, sets.length - 1);
  const chosen = sets[shown] ?? [];
  const targets = known ?? chosen.map((target) => ({ target, moduleName: '' }));
  const change = (next: Target[][], show = shown) => {
    changeChoices({ targets: next });
    setShown(show);
  };
  return (
    <>
      <ToggleTiles
        legend="Matrices: where the adapter sits"
        options={targets.map(({ target, moduleName }) => ({
          value: target,
          label: TARGET_WORDS[target].label,
          // `self_attn.q_proj` is shown as q_proj, and in full on hover.
          term: moduleName.slice(moduleName.lastIndexOf('.') + 1),
          title: moduleName,
          detail: TARGET_WORDS[target].detail,
        }))}
        values={chosen}
        onChange={(next) => change(sets.map((set, i) => (i === shown ? next : set)))}
      />
      {sets.some((set) => set.length === 0) && <p className={styles.error}>Choose at least one matrix.</p>}
      <div className={styles.sets}>
        {sets.length > 1 && (
          <RadioChips
            legend="Choices of matrices that race; the tiles show"
            options={sets.map((set, i) => ({ value: i, label: nameOf(set) }))}
            value={shown}
            onChange={setShown}
          />
        )}
        <Button size="compact-xs" variant="default" onClick={() => change([...sets, []], sets.length)}>
          Race another choice of matrices
        </Button>
        {sets.length > 1 && (
          <Button
            size="compact-xs"
            variant="default"
            onClick={() =>
              change(
                sets.filter((_, i) => i !== shown),
                0,
              )
            }
          >
            Remove {nameOf(chosen)}
          </Button>
        )}
      </div>
    </>
  );
}

function nameOf(set: readonly Target[]): string {
  return set.length === 0 ? 'none yet' : set.map((target) => TARGET_WORDS[target].label).join(' ');
}
