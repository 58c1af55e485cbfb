// Whatever closes what was opened, the keyboard goes on from what opened it.
import { useEffect, useState } from 'react';

/** Of the drawer that is open: one that takes its place was opened from there too. */
let drawerOpener: Element | null = null;

function findOpener(): Element | null {
  const { activeElement, body } = document;
  if (activeElement !== body && !activeElement?.closest('[role="dialog"]')) drawerOpener = activeElement;
  return drawerOpener;
}

/** Goes into what is in the page only while it is open. */
export function useReturnedFocus(): void {
  const [opener] = useState(findOpener);
  useEffect(
    () => () => {
      // By then what had the focus is gone, and with it the focus, unless somebody has given it elsewhere.
      setTimeout(() => {
        if (document.activeElement === document.body && opener instanceof HTMLElement) opener.focus();
      });
    },
    [opener],
  );
}
