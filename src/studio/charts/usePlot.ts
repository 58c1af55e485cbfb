// Keeps one uPlot in a box: made when the look changes, resized with the box, redrawn once per frame when its source has
// something new. Nothing here renders React.
import { type RefObject, useLayoutEffect } from 'react';
import type uPlot from 'uplot';
import { type ChartLook, chartOptions } from './chartOptions.ts';
import type { ChartSource } from './chartTypes.ts';
import type { XRange } from './mergeCurves.ts';
import { enablePan } from './panning.ts';

export type PlotLook = Omit<ChartLook, 'width' | 'height' | 'colours' | 'onCursor' | 'onZoom' | 'isZoomed'>;

/** Once it is here charts are made at once: a page that is being printed does not wait. */
let plotting: typeof uPlot | null = null;

/** `look` and `source` are compared by identity: memoize them. `onRead` gets the newest values, or those under the cursor. */
export function usePlot(
  box: RefObject<HTMLDivElement | null>,
  look: PlotLook,
  source: ChartSource,
  onRead: (data: uPlot.AlignedData, index: number | null) => void,
): void {
  useLayoutEffect(() => {
    const element = box.current;
    if (element === null) return;
    if (plotting) return keepPlot(element, plotting, look, source, onRead);
    let stop = () => {};
    let isGone = false;
    void import('./plotting.ts').then(({ UPlot }) => {
      plotting = UPlot;
      if (!isGone) stop = keepPlot(element, UPlot, look, source, onRead);
    });
    return () => {
      isGone = true;
      stop();
    };
  }, [box, look, source, onRead]);
}

/** Tells a chart that a stretch of x is on show. */
const markZoomed = new WeakMap<uPlot, () => void>();

function keepPlot(
  element: HTMLDivElement,
  UPlot: typeof uPlot,
  look: PlotLook,
  source: ChartSource,
  onRead: (data: uPlot.AlignedData, index: number | null) => void,
): () => void {
  let isZoomed = false;
  let version = source.version();
  let readFor: XRange | null = null;
  const options = chartOptions({
    ...look,
    ...sizeOf(element),
    colours: coloursOf(element),
    onCursor: (index) => onRead(plot.data, index),
    onZoom: () => {
      isZoomed = true;
    },
    isZoomed: () => isZoomed,
  });
  const plot = new UPlot(options, source.read(null), element);
  onRead(plot.data, null);
  const zoomedTo = (): XRange | null => {
    const { min, max } = plot.scales.x ?? {};
    const xs = plot.data[0];
    // uPlot shows everything again after a double click, here or in a linked chart.
    if (min === xs[0] && max === xs.at(-1)) isZoomed = false;
    return isZoomed && typeof min === 'number' && typeof max === 'number' ? [min, max] : null;
  };
  markZoomed.set(plot, () => {
    isZoomed = true;
  });
  const endPan = enablePan(plot, (min, max) => {
    const linked = look.linkKey === undefined ? [plot] : UPlot.sync(look.linkKey).plots;
    for (const one of linked) {
      markZoomed.get(one)?.();
      one.setScale('x', { min, max });
    }
  });
  const resized = new ResizeObserver(() => plot.setSize(sizeOf(element)));
  resized.observe(element);
  let frame = requestAnimationFrame(function draw() {
    frame = requestAnimationFrame(draw);
    const range = zoomedTo();
    const isAsRead = range?.[0] === readFor?.[0] && range?.[1] === readFor?.[1];
    if (isAsRead && source.version() === version) return;
    version = source.version();
    readFor = range;
    plot.batch(() => {
      plot.setData(source.read(range), range === null);
      if (range) plot.redraw();
    });
    // Other points may be under the pointer now.
    const { left = -1, top = -1 } = plot.cursor;
    if (left >= 0) plot.setCursor({ left, top }, true);
    else onRead(plot.data, null);
  });
  return () => {
    cancelAnimationFrame(frame);
    endPan();
    resized.disconnect();
    plot.destroy();
  };
}

function sizeOf(element: HTMLElement): { width: number; height: number } {
  return { width: Math.max(element.clientWidth, 120), height: Math.max(element.clientHeight, 80) };
}

function coloursOf(element: HTMLElement): ChartLook['colours'] {
  // A used value: light-dark() is resolved by the browser on a real property, not on a variable.
  const probe = document.createElement('span');
  probe.style.forcedColorAdjust = 'none';
  element.append(probe);
  const read = (variable: string) => {
    probe.style.color = `var(${variable})`;
    return getComputedStyle(probe).color;
  };
  const colours = { text: read('--dim'), grid: read('--grid'), surface: read('--surface') };
  probe.remove();
  return colours;
}
