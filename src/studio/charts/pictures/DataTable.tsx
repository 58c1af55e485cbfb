// The numbers behind a picture, shortened to what a reader can take in.
import { cellText } from './cellText.ts';
import styles from './pictures.module.css';
import type { PictureTable } from './pictureTypes.ts';

/** More rows than this are for the CSV. */
const SHOWN_ROWS = 300;

export function DataTable({ label, table }: { label: string; table: PictureTable }) {
  const { header, rows } = table;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a wide table is scrolled with the keyboard too.
    <section className={styles.scroll} tabIndex={0} aria-label={label}>
      <table>
        <thead>
          <tr>
            {header.map((name) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.slice(0, SHOWN_ROWS).map((row, at) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a row is its place.
            <tr key={at}>
              {row.map((value, column) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: a column is its place.
                <td key={column} data-number={typeof value === 'number' || undefined}>
                  {cellText(value)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length > SHOWN_ROWS && (
        <p>
          The first {SHOWN_ROWS} rows; the CSV has all {rows.length}.
        </p>
      )}
    </section>
  );
}
