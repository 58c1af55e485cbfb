// Numbers kept in this browser from visit to visit. Where storage is switched off or full they hold for the visit alone.

/** A positive number that was kept, or null. */
export function keptNumber(key: string): number | null {
  try {
    const kept = Number(localStorage.getItem(key));
    return kept > 0 ? kept : null;
  } catch {
    return null;
  }
}

export function keepNumber(key: string, value: number): void {
  try {
    localStorage.setItem(key, String(value));
  } catch {
    // It holds for this visit.
  }
}
