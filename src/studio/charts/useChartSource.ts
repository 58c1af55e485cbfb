// Curves that React holds, as a chart's source: new curves are drawn into the same chart, which keeps its zoom.
import { useLayoutEffect, useMemo, useRef } from 'react';
import type { ChartSource } from './chartTypes.ts';
import type { Curve } from './decimate.ts';
import { mergeCurves } from './mergeCurves.ts';

/** `curves` in the order of the chart's series; memoize them. */
export function useChartSource(curves: readonly Curve[]): ChartSource {
  const latest = useRef({ curves, version: 0 });
  useLayoutEffect(() => {
    latest.current = { curves, version: latest.current.version + 1 };
  }, [curves]);
  return useMemo(
    () => ({ version: () => latest.current.version, read: (range) => mergeCurves(latest.current.curves, range) }),
    [],
  );
}
