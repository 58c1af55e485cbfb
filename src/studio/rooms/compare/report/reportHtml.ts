// A comparison as one HTML file: pictures as SVG in the page, no script, no network, nothing outside of it. In a policy of
// its own it says so to the browser.
import { cellText } from '../../../charts/pictures/cellText.ts';
import { picturePalette } from '../../../charts/pictures/palette.ts';
import { svgText } from '../../../charts/pictures/pictureFiles.tsx';
import type { PictureTable } from '../../../charts/pictures/pictureTypes.ts';
import type { ReportBlock, ReportContent } from './reportContent.ts';
import { REPORT_STYLE } from './reportStyle.ts';

/** Above this a mail or a chat refuses the file. */
export const MOST_BYTES = 2_000_000;
/** Rows of the table behind a picture: fewer where the file would be too large. */
const ROW_LIMITS = [300, 60, 0] as const;

/** Throws where it is too large even without the tables behind the pictures. */
export async function reportHtml(content: ReportContent, made: Date): Promise<string> {
  for (const rowLimit of ROW_LIMITS) {
    const html = await writeReport(content, made, rowLimit);
    if (new TextEncoder().encode(html).length < MOST_BYTES) return html;
  }
  throw new Error('These runs do not fit a report of 2 MB: choose fewer of them.');
}

async function writeReport(
  { title, sentence, sections }: ReportContent,
  made: Date,
  rowLimit: number,
): Promise<string> {
  const parts: string[] = [];
  for (const section of sections) {
    parts.push(`<section><h2>${escaped(section.title)}</h2>`);
    for (const block of section.blocks) parts.push(await blockHtml(block, rowLimit));
    parts.push('</section>');
  }
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)} · Rankwise</title>
<style>${REPORT_STYLE}</style>
</head>
<body>
<main>
<header><p>Rankwise report, ${escaped(made.toISOString().slice(0, 10))}</p><h1>${escaped(title)}</h1>${sentence ? `<p class="sentence">${escaped(sentence)}</p>` : ''}</header>
${parts.join('\n')}
</main>
</body>
</html>
`;
}

async function blockHtml(block: ReportBlock, rowLimit: number): Promise<string> {
  switch (block.kind) {
    case 'text':
      return `<p class="small">${escaped(block.text)}</p>`;
    case 'table': {
      const { title, table, isFolded } = block;
      const html = tableHtml(table, table.rows.length);
      return isFolded
        ? `<details><summary>${escaped(title)}</summary>${html}</details>`
        : `<figure><figcaption><b>${escaped(title)}</b></figcaption>${html}</figure>`;
    }
    case 'picture': {
      const { picture } = block;
      const svg = await svgText(picture, picturePalette('light'));
      const caption = `<figcaption><b>${escaped(picture.title)}</b> <span>${escaped(picture.note)}</span></figcaption>`;
      return `<figure>${caption}${svg}${rowLimit > 0 ? `<details><summary>Table</summary>${tableHtml(picture.table, rowLimit)}</details>` : ''}</figure>`;
    }
    default:
      return block satisfies never;
  }
}

function tableHtml({ header, rows }: PictureTable, limit: number): string {
  const head = header.map((name) => (name === '' ? '<td></td>' : `<th scope="col">${escaped(name)}</th>`)).join('');
  const body = rows
    .slice(0, limit)
    .map(
      (row) =>
        `<tr>${row.map((value) => `<td${typeof value === 'number' ? ' class="number"' : ''}>${escaped(cellText(value))}</td>`).join('')}</tr>`,
    );
  const rest = rows.length > limit ? `<p class="small">The first ${limit} of ${rows.length} rows.</p>` : '';
  return `<div class="scroll" tabindex="0"><table><thead><tr>${head}</tr></thead><tbody>${body.join('')}</tbody></table></div>${rest}`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
