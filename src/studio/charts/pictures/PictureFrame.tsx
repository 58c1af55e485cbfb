// A picture on the page: as wide as its place, with the value under the pointer, the table behind it, and its files.
import { useElementSize } from '@mantine/hooks';
import { type PointerEvent, useMemo, useState } from 'react';
import { ErrorNote } from '../../panels/ErrorNote.tsx';
import { messageOf } from '../../stores/messageOf.ts';
import { useColourScheme } from '../../theme/useColourScheme.ts';
import { DataTable } from './DataTable.tsx';
import { picturePalette } from './palette.ts';
import { savePictureCsv, savePicturePng, savePictureSvg } from './pictureFiles.tsx';
import styles from './pictures.module.css';
import type { Picture } from './pictureTypes.ts';

/** Pixels; while a place is being laid out it may be narrower than anything can be drawn. */
const LEAST_WIDTH = 240;

interface Tip {
  text: string;
  x: number;
  y: number;
}

export function PictureFrame({ picture }: { picture: Picture }) {
  const { ref, width } = useElementSize<HTMLDivElement>();
  const scheme = useColourScheme();
  const palette = useMemo(() => picturePalette(scheme), [scheme]);
  const [tip, setTip] = useState<Tip | null>(null);
  const drawing = useMemo(
    () => (width > 0 ? picture.draw(Math.max(Math.floor(width), LEAST_WIDTH), palette) : null),
    [picture, width, palette],
  );
  const point = (event: PointerEvent<HTMLDivElement>) => {
    const mark = event.target instanceof Element ? event.target.closest('[data-tip]') : null;
    const box = event.currentTarget.getBoundingClientRect();
    const text = mark?.getAttribute('data-tip');
    setTip(text ? { text, x: event.clientX - box.left, y: event.clientY - box.top } : null);
  };
  return (
    <figure className={styles.picture}>
      <figcaption className={styles.caption}>
        <span className={styles.title}>{picture.title}</span>
        <span className={styles.note}>{picture.note}</span>
        <PictureButtons picture={picture} />
      </figcaption>
      <div
        ref={ref}
        className={styles.drawing}
        onPointerMove={point}
        onPointerDown={point}
        onPointerLeave={() => setTip(null)}
      >
        {drawing}
        {tip && (
          <div
            className={styles.tip}
            data-side={tip.x > width / 2 ? 'left' : 'right'}
            style={{ left: tip.x, top: tip.y }}
          >
            {tip.text}
          </div>
        )}
      </div>
      <details className={styles.behind}>
        <summary>Table</summary>
        <DataTable label={`${picture.title}: the numbers`} table={picture.table} />
      </details>
    </figure>
  );
}

type FileKind = 'PNG' | 'SVG' | 'CSV';
const KINDS: readonly FileKind[] = ['PNG', 'SVG', 'CSV'];

export function PictureButtons({ picture, kinds = KINDS }: { picture: Picture; kinds?: readonly FileKind[] }) {
  const palette = picturePalette(useColourScheme());
  const [problem, setProblem] = useState<string | null>(null);
  const save = (write: () => Promise<void>) => {
    setProblem(null);
    write().catch((error: unknown) => setProblem(messageOf(error)));
  };
  const write = async (kind: FileKind) => {
    if (kind === 'PNG') await savePicturePng(picture, palette);
    else if (kind === 'SVG') await savePictureSvg(picture, palette);
    else savePictureCsv(picture);
  };
  return (
    <span className={styles.buttons}>
      {kinds.map((kind) => (
        <button
          key={kind}
          type="button"
          aria-label={`${picture.title} as ${kind}`}
          onClick={() => save(() => write(kind))}
        >
          {kind}
        </button>
      ))}
      {problem && <ErrorNote message={problem} />}
    </span>
  );
}
