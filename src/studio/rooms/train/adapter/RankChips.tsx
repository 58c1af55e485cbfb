// Ranks as chips, each in its colour and dash: one, or several to race; and as a list, for any others from 1 to 256.
import { useId, useState } from 'react';
import fieldStyles from '../../../panels/Field.module.css';
import { parseNumbers } from '../../../panels/parseNumbers.ts';
import { ToggleChips } from '../../../panels/ToggleChips.tsx';
import { changeChoices, useSettingsStore } from '../../../stores/settingsStore.ts';
import { RankSwatch } from '../../../theme/RankSwatch.tsx';
import styles from './adapter.module.css';

const RANKS = [1, 2, 4, 8, 16, 32, 64] as const;
const RANGE = { min: 1, max: 256, isWhole: true };

export function RankChips() {
  const ranks = useSettingsStore((state) => state.choices.rank);
  return (
    <ToggleChips
      legend="Rank r: the inner width of A and B; several ranks race"
      options={RANKS.map((known) => ({ value: known, label: known, detail: <RankSwatch rank={known} /> }))}
      values={RANKS.filter((known) => ranks.includes(known))}
      onChange={(rank, isTaken) => {
        const others = ranks.filter((known) => known !== rank);
        const next = isTaken ? [...others, rank].sort((a, b) => a - b) : others;
        if (next.length > 0) changeChoices({ rank: next });
      }}
    >
      <RankList ranks={ranks} />
    </ToggleChips>
  );
}

function RankList({ ranks }: { ranks: readonly number[] }) {
  const [draft, setDraft] = useState<string | null>(null);
  const errorId = useId();
  const parsed = draft === null ? null : parseNumbers(draft, RANGE);
  const error = parsed !== null && 'error' in parsed ? parsed.error : null;
  const hasOther = ranks.some((rank) => !RANKS.some((known) => known === rank));
  return (
    <>
      <label className={styles.otherRank}>
        Ranks, 1 to 256
        <input
          className={fieldStyles.input}
          title="Any ranks from 1 to 256, several to race: 3, 12"
          aria-invalid={error !== null}
          aria-describedby={error === null ? undefined : errorId}
          autoComplete="off"
          data-active={hasOther || undefined}
          value={draft ?? ranks.join(', ')}
          onChange={(event) => {
            const text = event.currentTarget.value;
            setDraft(text);
            const next = parseNumbers(text, RANGE);
            if ('values' in next) changeChoices({ rank: next.values });
          }}
          onBlur={() => {
            if (error === null) setDraft(null);
          }}
        />
      </label>
      {error && (
        <p id={errorId} className={styles.error}>
          {error}
        </p>
      )}
    </>
  );
}
