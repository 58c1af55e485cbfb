// Places scratch allocations of a plan in as few bytes as a greedy planner finds: allocations whose lifetimes do not
// meet share bytes. WebGPU checks usage per buffer, so two allocations that one dispatch uses with different access
// (one read, one written) never share a buffer; that is why there are several arenas.
import { GpuLimitError } from './errors.ts';
import type { Kernel } from './shaders.ts';
import { type Allocation, BINDING_ALIGNMENT_BYTES, type Tensor } from './tensor.ts';

/** What placing must know of a dispatch: which tensors it binds, and how. */
interface TensorUse {
  readonly kernel: Kernel;
  readonly buffers: readonly Tensor[];
}

export interface Placement {
  readonly arena: number;
  readonly offsetBytes: number;
}

export interface Layout {
  readonly arenaBytes: readonly number[];
  readonly placements: ReadonlyMap<Allocation, Placement>;
}

interface Span {
  readonly allocation: Allocation;
  readonly sizeBytes: number;
  first: number;
  last: number;
  readonly rivals: Set<Allocation>;
}

interface Placed extends Span {
  readonly offsetBytes: number;
}

/** Sizes each arena and gives each scratch allocation its arena and offset. Deterministic. */
export function placeScratch(dispatches: readonly TensorUse[], maxArenaBytes: number): Layout {
  const arenas: Placed[][] = [];
  const arenaBytes: number[] = [];
  const placements = new Map<Allocation, Placement>();
  const spans = [...collectSpans(dispatches).values()];
  spans.sort((a, b) => b.sizeBytes - a.sizeBytes || a.first - b.first);
  for (const span of spans) {
    let best: { arena: number; offsetBytes: number; growth: number } | undefined;
    for (let arena = 0; arena <= arenas.length; arena++) {
      const tenants = arenas[arena] ?? [];
      if (tenants.some((tenant) => span.rivals.has(tenant.allocation))) continue;
      const offsetBytes = lowestGap(span, tenants);
      const end = offsetBytes + span.sizeBytes;
      if (end > maxArenaBytes) continue;
      const growth = Math.max(0, end - (arenaBytes[arena] ?? 0));
      if (!best || growth < best.growth) best = { arena, offsetBytes, growth };
      if (growth === 0) break;
    }
    if (!best) {
      const { label } = span.allocation;
      throw new GpuLimitError(
        `plan: ${label} needs ${span.sizeBytes} bytes, one buffer holds at most ${maxArenaBytes}`,
        label,
        span.sizeBytes,
        maxArenaBytes,
        true,
      );
    }
    const { arena, offsetBytes } = best;
    arenas[arena] = [...(arenas[arena] ?? []), { ...span, offsetBytes }];
    arenaBytes[arena] = Math.max(arenaBytes[arena] ?? 0, offsetBytes + span.sizeBytes);
    placements.set(span.allocation, { arena, offsetBytes });
  }
  return { arenaBytes, placements };
}

function collectSpans(dispatches: readonly TensorUse[]): Map<Allocation, Span> {
  const spans = new Map<Allocation, Span>();
  dispatches.forEach((dispatch, index) => {
    const slots = dispatch.kernel.slots.filter((slot) => slot.access !== 'uniform');
    const used = dispatch.buffers.map((tensor, i) => ({
      allocation: tensor.allocation,
      isWritten: slots[i]!.access === 'read_write',
    }));
    for (const { allocation, isWritten } of used) {
      if (!allocation.isScratch) continue;
      let span = spans.get(allocation);
      if (!span) {
        const sizeBytes = Math.ceil(allocation.sizeBytes / BINDING_ALIGNMENT_BYTES) * BINDING_ALIGNMENT_BYTES;
        span = { allocation, sizeBytes, first: index, last: index, rivals: new Set() };
        spans.set(allocation, span);
      }
      span.last = index;
      for (const other of used) {
        if (other.allocation !== allocation && other.isWritten !== isWritten) span.rivals.add(other.allocation);
      }
    }
  });
  return spans;
}

/** Lowest aligned offset where `span` overlaps no tenant that lives at the same time. */
function lowestGap(span: Span, tenants: readonly Placed[]): number {
  const alive = tenants
    .filter((tenant) => tenant.first <= span.last && span.first <= tenant.last)
    .sort((a, b) => a.offsetBytes - b.offsetBytes);
  let offset = 0;
  for (const tenant of alive) {
    if (tenant.offsetBytes - offset >= span.sizeBytes) return offset;
    offset = Math.max(offset, tenant.offsetBytes + tenant.sizeBytes);
  }
  return offset;
}
