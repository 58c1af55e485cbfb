// Whatever closes what was opened, the keyboard goes on from what opened it.
import { useEffect, useState } from 'react';

/** Goes into what is in the page only while it is open. */
export function useReturnedFocus(): void {
  const [opener] = useState(() => document.activeElement);
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
