// A data file for journeys.

/** Few and short, so that training and evaluating on the held-out tenth take no time. */
export function townRows() {
  const towns = ['Arlen', 'Bede', 'Corby', 'Dunmore', 'Elham'];
  const rows = Array.from({ length: 40 }, (_, i) => ({
    context: `question: how old is ${towns[i % towns.length]} ${i}?`,
    target: `${towns[i % towns.length]} is ${i * 7} years old.`,
  }));
  return {
    name: 'towns.jsonl',
    mimeType: 'application/jsonl',
    buffer: Buffer.from(rows.map((row) => JSON.stringify(row)).join('\n')),
  };
}
