// A picture as a file: SVG as it is, PNG at twice its size, and the table behind it as CSV.
import { toCsv } from '../../runs/csv.ts';
import { saveCsv, saveFile } from '../../runs/saveFile.ts';
import type { Palette } from './palette.ts';
import type { Picture } from './pictureTypes.ts';
import { IsFile } from './Svg.tsx';

/** Pixels; the width of a page's column. */
const FILE_WIDTH = 880;
const PNG_SCALE = 2;

/** Loaded when the first picture leaves the page. */
async function renderer() {
  const { renderToStaticMarkup } = await import('react-dom/server');
  return renderToStaticMarkup;
}

/** The picture's SVG, without anything outside of it. */
export async function svgText(picture: Picture, palette: Palette, width = FILE_WIDTH): Promise<string> {
  const render = await renderer();
  return render(<IsFile value>{picture.draw(width, palette)}</IsFile>);
}

export async function savePictureSvg(picture: Picture, palette: Palette): Promise<void> {
  saveFile(`rankwise-${picture.id}.svg`, new Blob([await svgText(picture, palette)], { type: 'image/svg+xml' }));
}

export async function savePicturePng(picture: Picture, palette: Palette): Promise<void> {
  const source = URL.createObjectURL(new Blob([await svgText(picture, palette)], { type: 'image/svg+xml' }));
  try {
    const image = new Image();
    image.src = source;
    await image.decode();
    const canvas = new OffscreenCanvas(image.width * PNG_SCALE, image.height * PNG_SCALE);
    const context = canvas.getContext('2d');
    if (!context) throw new Error('This browser gives no canvas to draw on; save the picture as SVG.');
    context.drawImage(image, 0, 0, canvas.width, canvas.height);
    saveFile(`rankwise-${picture.id}.png`, await canvas.convertToBlob({ type: 'image/png' }));
  } finally {
    URL.revokeObjectURL(source);
  }
}

export function savePictureCsv({ id, table }: Picture): void {
  saveCsv(
    `rankwise-${id}.csv`,
    toCsv(
      [...table.header],
      table.rows.map((row) => [...row]),
    ),
  );
}
