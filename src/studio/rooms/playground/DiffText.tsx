// An answer with what sets it apart from a reference marked: inserted and missing words, by line and not by colour alone.
import { useMemo } from 'react';
import { markAnswer } from './markAnswer.ts';
import styles from './playground.module.css';

export function DiffText({ reference, text }: { reference: string; text: string }) {
  const segments = useMemo(() => markAnswer(reference, text), [reference, text]);
  return (
    <p className={styles.answer}>
      {segments.map((segment, index) => {
        // biome-ignore lint/suspicious/noArrayIndexKey: segments have no identity but their place.
        if (segment.kind === 'extra') return <ins key={index}>{segment.text}</ins>;
        // biome-ignore lint/suspicious/noArrayIndexKey: segments have no identity but their place.
        if (segment.kind === 'missing') return <del key={index}>{segment.text}</del>;
        return segment.text;
      })}
    </p>
  );
}
