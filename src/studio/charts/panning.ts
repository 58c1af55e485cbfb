// Moving a zoomed chart along its x axis: drag with Shift held, or scroll sideways. Linked charts move together.
import type uPlot from 'uplot';

/** `move` is told the new ends of x. Returns what takes it away again. */
export function enablePan(plot: uPlot, move: (low: number, high: number) => void): () => void {
  let startX: number | null = null;
  let startRange: [number, number] = [0, 1];
  const range = (): [number, number] => [plot.scales.x?.min ?? 0, plot.scales.x?.max ?? 1];
  const shift = ([low, high]: [number, number], pixels: number) => {
    const by = (pixels / Math.max(plot.over.clientWidth, 1)) * (high - low);
    const xs = plot.data[0];
    const [first, last] = [xs[0] ?? low, xs.at(-1) ?? high];
    const kept = Math.min(Math.max(by, first - low), last - high);
    // A chart that shows everything has nowhere to go.
    if (high - low < last - first) move(low + kept, high + kept);
  };
  const down = (event: MouseEvent) => {
    if (!event.shiftKey || event.button !== 0) return;
    // Before uPlot, which would zoom.
    event.stopImmediatePropagation();
    event.preventDefault();
    startX = event.clientX;
    startRange = range();
  };
  const drag = (event: MouseEvent) => {
    if (startX !== null) shift(startRange, startX - event.clientX);
  };
  const up = () => {
    startX = null;
  };
  const wheel = (event: WheelEvent) => {
    const sideways = event.shiftKey && event.deltaX === 0 ? event.deltaY : event.deltaX;
    if (Math.abs(sideways) <= (event.shiftKey ? 0 : Math.abs(event.deltaY))) return;
    event.preventDefault();
    shift(range(), sideways);
  };
  plot.over.addEventListener('mousedown', down, true);
  window.addEventListener('mousemove', drag);
  window.addEventListener('mouseup', up);
  plot.over.addEventListener('wheel', wheel, { passive: false });
  return () => {
    plot.over.removeEventListener('mousedown', down, true);
    window.removeEventListener('mousemove', drag);
    window.removeEventListener('mouseup', up);
    plot.over.removeEventListener('wheel', wheel);
  };
}
