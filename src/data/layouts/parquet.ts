// Parquet, read by hyparquet one row group at a time, so that a damaged group costs its own rows only. Rows are
// numbered from 1. Values stay as they are (a text column gives strings, a list of structs an array of objects).
import { parquetMetadataAsync, parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { DataError, type OpenRows, type Row, type RowProblem } from '../types.ts';

/** Throws DataError, naming the file, when its footer cannot be read. */
export async function openParquet(bytes: Uint8Array, name: string): Promise<OpenRows> {
  const file = {
    byteLength: bytes.byteLength,
    // Copied so: the slice of a Buffer, which is what Node reads, is a view of all of it.
    slice: (start: number, end?: number) => new Uint8Array(bytes.subarray(start, end)).buffer,
  };
  const metadata = await parquetMetadataAsync(file).catch((error: unknown) => {
    throw new DataError(`${name}: the Parquet file cannot be read (${messageOf(error)})`);
  });
  async function* rows(most = Number.POSITIVE_INFINITY): AsyncGenerator<Row | RowProblem> {
    let rowStart = 0;
    for (const group of metadata.row_groups) {
      if (rowStart >= most) return;
      const rowEnd = Math.min(most, rowStart + Number(group.num_rows));
      try {
        const found = await parquetReadObjects({ file, metadata, rowStart, rowEnd, compressors });
        for (const [i, values] of found.entries()) yield { line: rowStart + i + 1, values };
      } catch (error) {
        const reason = `rows ${rowStart + 1} to ${rowEnd} cannot be read: ${messageOf(error)}`;
        yield { line: rowStart + 1, reason, excerpt: '' };
      }
      rowStart = rowEnd;
    }
  }
  return { columns: topLevelColumns(metadata.schema), likelyRows: Number(metadata.num_rows), rows };
}

/** The schema is a list in depth-first order; the root's children are the columns. */
function topLevelColumns(schema: readonly { name: string; num_children?: number }[]): string[] {
  const columns: string[] = [];
  let at = 1;
  const skip = () => {
    const children = schema[at++]?.num_children ?? 0;
    for (let i = 0; i < children; i++) skip();
  };
  for (let i = 0; i < (schema[0]?.num_children ?? 0); i++) {
    columns.push(schema[at]?.name ?? '');
    skip();
  }
  return columns;
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));
