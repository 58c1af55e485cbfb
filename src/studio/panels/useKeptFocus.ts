// Keeps the keyboard where it was when the focused button gives way to another: the first usable one of the same group.
import { type RefObject, useEffect, useRef } from 'react';

/** Goes on the element around the buttons. */
export function useKeptFocus(): RefObject<HTMLDivElement | null> {
  const group = useRef<HTMLDivElement>(null);
  const hadFocus = useRef(false);
  useEffect(() => {
    const element = group.current;
    const note = () => {
      hadFocus.current = element?.contains(document.activeElement) ?? false;
    };
    document.addEventListener('focusin', note);
    return () => document.removeEventListener('focusin', note);
  }, []);
  // After every render: a button that went away, or was disabled, has left the focus on the page itself.
  useEffect(() => {
    const isLost = document.activeElement === document.body || document.activeElement?.matches(':disabled');
    if (hadFocus.current && isLost) group.current?.querySelector<HTMLElement>('button:enabled, a[href]')?.focus();
  });
  return group;
}
