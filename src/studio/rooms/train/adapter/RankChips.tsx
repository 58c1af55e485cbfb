// Rank as chips, each in its colour and dash; any other from 1 to 256 beside them.
import { useId, useState } from 'react';
import fieldStyles from '../../../panels/Field.module.css';
import { parseNumber } from '../../../panels/parseNumber.ts';
import { RadioChips } from '../../../panels/RadioChips.tsx';
import { changeAdapter, useSettingsStore } from '../../../stores/settingsStore.ts';
import { RankSwatch } from '../../../theme/RankSwatch.tsx';
import styles from './adapter.module.css';

const RANKS = [1, 2, 4, 8, 16, 32, 64] as const;

export function RankChips() {
  const rank = useSettingsStore((state) => state.settings.adapter.rank);
  return (
    <RadioChips
      legend="Rank r: the inner width of A and B"
      options={RANKS.map((known) => ({ value: known, label: known, detail: <RankSwatch rank={known} /> }))}
      value={RANKS.find((known) => known === rank) ?? null}
      onChange={(chosen) => changeAdapter({ rank: chosen })}
    >
      <OtherRank rank={rank} isOther={!RANKS.some((known) => known === rank)} />
    </RadioChips>
  );
}

function OtherRank({ rank, isOther }: { rank: number; isOther: boolean }) {
  const [draft, setDraft] = useState<string | null>(null);
  const errorId = useId();
  const parsed = draft === null || draft === '' ? null : parseNumber(draft, { min: 1, max: 256, isWhole: true });
  const error = parsed !== null && 'error' in parsed ? parsed.error : null;
  return (
    <>
      <input
        className={`${fieldStyles.input} ${styles.otherRank}`}
        aria-label="Another rank, 1 to 256"
        aria-invalid={error !== null}
        aria-describedby={error === null ? undefined : errorId}
        placeholder="other"
        inputMode="numeric"
        data-active={isOther || undefined}
        value={draft ?? (isOther ? String(rank) : '')}
        onChange={(event) => {
          const text = event.currentTarget.value;
          setDraft(text);
          const next = parseNumber(text, { min: 1, max: 256, isWhole: true });
          if ('value' in next) changeAdapter({ rank: next.value });
        }}
        onBlur={() => {
          if (error === null) setDraft(null);
        }}
      />
      {error && (
        <p id={errorId} className={styles.error}>
          {error}
        </p>
      )}
    </>
  );
}
