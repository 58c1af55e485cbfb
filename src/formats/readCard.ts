/** What a card that was written here (adapterCard.ts) says of a run, to be said again on the card of what is made of it. */
import type { CardRows, CardRun } from './cardText.ts';

type KnownRun = Pick<CardRun, 'settings' | 'results' | 'isOnHub'> & Partial<Pick<CardRun, 'data'>>;

/** Empty tables, and no data, where the card is somebody else's. */
export function readCard(text: string): KnownRun {
  const sentence =
    /, trained with Rankwise on ([\d,]+) context–target pairs from (.+?)(?:, and ([\d,]+) held out for validation)?\.$/m;
  const [, pairs, name, validation] = sentence.exec(text) ?? [];
  return {
    isOnHub: /^---\nbase_model: /.test(text),
    settings: rowsUnder('Training', text),
    results: rowsUnder('Results', text),
    ...(pairs !== undefined && name !== undefined
      ? { data: { name: plain(name), pairs: count(pairs), validationPairs: count(validation ?? '0') } }
      : {}),
  };
}

const count = (text: string) => Number(text.replaceAll(',', ''));

/** As before `line` of cardText.ts. */
const plain = (text: string) => text.replace(/\\(.)/g, '$1');

function rowsUnder(heading: string, text: string): CardRows {
  const [, body = ''] =
    new RegExp(`^## ${heading}\\n\\n\\| \\| \\|\\n\\|---\\|---\\|\\n((?:\\|.*\\n)*)`, 'm').exec(text) ?? [];
  return body.split('\n').flatMap((row): [string, string][] => {
    const [, label, value] = /^\| ((?:\\.|[^\\|])*) \| ((?:\\.|[^\\|])*) \|$/.exec(row) ?? [];
    return label === undefined || value === undefined ? [] : [[plain(label), plain(value)]];
  });
}
