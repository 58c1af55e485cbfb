// Light, dark, or as the system says.
import { type MantineColorScheme, useMantineColorScheme } from '@mantine/core';
import styles from './SchemeToggle.module.css';

const NEXT: Record<MantineColorScheme, MantineColorScheme> = { auto: 'light', light: 'dark', dark: 'auto' };
const NAMES: Record<MantineColorScheme, string> = { auto: 'Auto', light: 'Light', dark: 'Dark' };

export function SchemeToggle() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return (
    <button
      type="button"
      className={styles.toggle}
      aria-label={`Colours: ${NAMES[colorScheme]}. Change to ${NAMES[NEXT[colorScheme]]}`}
      onClick={() => setColorScheme(NEXT[colorScheme])}
    >
      <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
        <circle cx="8" cy="8" r="6.500" fill="none" stroke="currentColor" strokeWidth="1.5" />
        <path d="M8 1.500a6.500 6.500 0 0 1 0 13z" fill="currentColor" />
      </svg>
      <span className={styles.name}>{NAMES[colorScheme]}</span>
    </button>
  );
}
