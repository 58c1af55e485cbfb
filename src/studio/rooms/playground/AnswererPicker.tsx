// Who answers in one column, and how strongly its adapter acts.
import { Slider } from '@mantine/core';
import { useState } from 'react';
import type { Answerer } from '../../../worker/protocol/playground.ts';
import fieldStyles from '../../panels/Field.module.css';
import { Field } from '../../panels/Field.tsx';
import { type AdapterChoice, nameWithRank } from './answererChoices.ts';
import styles from './playground.module.css';

interface Props {
  answerer: Answerer;
  choices: AdapterChoice[];
  place: number;
  onChange: (answerer: Answerer) => void;
}

export function AnswererPicker({ answerer, choices, place, onChange }: Props) {
  return (
    <>
      <Field label={`Answerer ${place}`}>
        {(ids) => (
          <select
            {...ids}
            className={fieldStyles.input}
            value={answerer.kind === 'base' ? '' : answerer.runId}
            onChange={({ currentTarget }) => {
              const runId = currentTarget.value;
              const strength = answerer.kind === 'adapter' ? answerer.strength : 1;
              onChange(runId === '' ? { kind: 'base' } : { kind: 'adapter', runId, strength });
            }}
          >
            <option value="">Base, no adapter</option>
            {choices.map(({ run, refusal }) => (
              <option key={run.id} value={run.id} disabled={refusal !== null}>
                {nameWithRank(run)}
                {refusal && ` (${refusal})`}
              </option>
            ))}
          </select>
        )}
      </Field>
      {answerer.kind === 'adapter' && (
        <Strength
          key={answerer.runId}
          value={answerer.strength}
          onChange={(strength) => onChange({ ...answerer, strength })}
        />
      )}
    </>
  );
}

/** Follows the thumb at once, asks again when it is let go. */
function Strength({ value, onChange }: { value: number; onChange: (value: number) => void }) {
  const [shown, setShown] = useState(value);
  const words = shown === 0 ? 'off, as the base' : shown === 1 ? 'as trained' : '× as trained';
  return (
    <div className={styles.strength}>
      <p>
        Strength{' '}
        <output>
          {shown.toFixed(2)} {words}
        </output>
      </p>
      <Slider
        thumbLabel="Strength of the adapter"
        min={0}
        max={2}
        step={0.05}
        marks={[{ value: 1 }]}
        label={null}
        value={shown}
        onChange={(next) => setShown(Number(next.toFixed(2)))}
        onChangeEnd={(next) => onChange(Number(next.toFixed(2)))}
      />
    </div>
  );
}
