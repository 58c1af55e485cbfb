// The LoRA paper's two questions as races of one click, on the person's own data: which matrices for a fixed number of
// parameters (its table 5), and how large a rank (its table 6).
import { Button } from '@mantine/core';
import { Check } from '../../../panels/Check.tsx';
import { knownDescription, useModelStore } from '../../../stores/modelStore.ts';
import { changeChoices, useSettingsStore } from '../../../stores/settingsStore.ts';
import type { RaceChoices, Target } from '../../../stores/settingsTypes.ts';
import styles from './adapter.module.css';

const MENU: readonly { label: string; title: string; choices: Partial<RaceChoices> }[] = [
  {
    label: 'Which matrices?',
    title: 'Table 5 of the LoRA paper: q, k, v, o at r = 8; q k and q v at 4; q k v o at 2',
    choices: {
      rank: [8],
      targets: [['q'], ['k'], ['v'], ['o'], ['q', 'k'], ['q', 'v'], ['q', 'k', 'v', 'o']],
      sharesRank: true,
    },
  },
  {
    label: 'Which rank?',
    title: 'Table 6 of the LoRA paper: r = 1, 2, 4, 8, 64 for q, and for q and v',
    choices: { rank: [1, 2, 4, 8, 64], targets: [['q'], ['q', 'v']], sharesRank: false },
  },
];
const NEEDED: readonly Target[] = ['q', 'k', 'v', 'o'];

export function RaceMenu() {
  const targets = useModelStore(({ status }) => knownDescription(status)?.targets ?? null);
  const sharesRank = useSettingsStore(({ choices }) => choices.sharesRank);
  const hasSets = useSettingsStore(({ choices }) => choices.targets.length > 1);
  const hasAll = targets !== null && NEEDED.every((needed) => targets.some(({ target }) => target === needed));
  return (
    <>
      {hasSets && (
        <Check
          label="Same budget: r is shared among an adapter’s matrices"
          isChecked={sharesRank}
          onChange={(shares) => changeChoices({ sharesRank: shares })}
        />
      )}
      {hasAll && (
        <div className={styles.sets}>
          <span className={styles.menuLabel}>Race the paper’s tables:</span>
          {MENU.map(({ label, title, choices }) => (
            <Button
              key={label}
              size="compact-xs"
              variant="default"
              title={title}
              onClick={() => changeChoices(choices)}
            >
              {label}
            </Button>
          ))}
        </div>
      )}
    </>
  );
}
