// A size with its exact bytes on hover.
import { formatBytes, formatExact } from '../../../../format.ts';

export function Bytes({ bytes }: { bytes: number }) {
  return <span title={`${formatExact(Math.round(bytes))} bytes`}>{formatBytes(bytes)}</span>;
}
