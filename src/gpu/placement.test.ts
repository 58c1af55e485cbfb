import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { placeScratch } from './placement.ts';
import type { BindingSlot, Kernel } from './shaders.ts';
import { type Allocation, BINDING_ALIGNMENT_BYTES, newTensor, type Tensor } from './tensor.ts';

interface Use {
  readonly tensor: Tensor;
  readonly isWritten: boolean;
}

/** A dispatch as placement sees it; a uniform comes first, as in every kernel that has parameters. */
function dispatchOf(uses: readonly Use[]): { kernel: Kernel; buffers: Tensor[] } {
  const storage = uses.map(
    ({ isWritten }, i): BindingSlot => ({ name: `b${i}`, access: isWritten ? 'read_write' : 'read' }),
  );
  const slots: BindingSlot[] = [{ name: 'params', access: 'uniform' }, ...storage];
  return {
    kernel: {
      key: 'test',
      path: 'test',
      code: '',
      params: [],
      slots,
      locate: (line) => ({ path: 'test', line, text: '' }),
    },
    buffers: uses.map(({ tensor }) => tensor),
  };
}

const scratch = (elements: number) => newTensor(`${elements} elements`, [elements], { isScratch: true });
const roundUp = (bytes: number) => Math.ceil(bytes / BINDING_ALIGNMENT_BYTES) * BINDING_ALIGNMENT_BYTES;

/** Tensors of any size, some resident; then dispatches that each use a few of them. */
const programs = fc
  .array(fc.record({ elements: fc.integer({ min: 1, max: 900 }), isScratch: fc.boolean() }), {
    minLength: 1,
    maxLength: 14,
  })
  .chain((shapes) =>
    fc
      .array(
        fc.uniqueArray(fc.record({ index: fc.nat(shapes.length - 1), isWritten: fc.boolean() }), {
          selector: ({ index }) => index,
          minLength: 1,
          maxLength: 5,
        }),
        { minLength: 1, maxLength: 20 },
      )
      .map((dispatches) => {
        const tensors = shapes.map(({ elements, isScratch }, i) => newTensor(`t${i}`, [elements], { isScratch }));
        return dispatches.map((uses) => uses.map(({ index, isWritten }) => ({ tensor: tensors[index]!, isWritten })));
      }),
  );

/** First and last dispatch of each scratch allocation. */
function lifetimes(program: readonly Use[][]): Map<Allocation, { first: number; last: number }> {
  const spans = new Map<Allocation, { first: number; last: number }>();
  program.forEach((uses, index) => {
    for (const { tensor } of uses) {
      if (!tensor.allocation.isScratch) continue;
      spans.set(tensor.allocation, { first: spans.get(tensor.allocation)?.first ?? index, last: index });
    }
  });
  return spans;
}

const LIMIT = 6000;

describe('placeScratch', () => {
  it('places every scratch tensor, and nothing else, at an aligned offset inside its arena', () => {
    fc.assert(
      fc.property(programs, (program) => {
        const { arenaBytes, placements } = placeScratch(program.map(dispatchOf), LIMIT);
        expect(new Set(placements.keys())).toEqual(new Set(lifetimes(program).keys()));
        const ends = arenaBytes.map(() => 0);
        for (const [allocation, { arena, offsetBytes }] of placements) {
          expect(offsetBytes % BINDING_ALIGNMENT_BYTES).toBe(0);
          ends[arena] = Math.max(ends[arena]!, offsetBytes + roundUp(allocation.sizeBytes));
        }
        // Exactly as large as what lies in it, and within the limit of one buffer.
        expect(arenaBytes).toEqual(ends);
        expect(Math.max(0, ...arenaBytes)).toBeLessThanOrEqual(LIMIT);
      }),
    );
  });

  it('never lets two tensors that are alive at once overlap', () => {
    fc.assert(
      fc.property(programs, (program) => {
        const { placements } = placeScratch(program.map(dispatchOf), LIMIT);
        const spans = [...lifetimes(program)].map(([allocation, span]) => ({
          allocation,
          ...span,
          ...placements.get(allocation)!,
        }));
        for (const a of spans) {
          for (const b of spans) {
            if (a === b || a.arena !== b.arena || a.last < b.first || b.last < a.first) continue;
            const isBefore = a.offsetBytes + a.allocation.sizeBytes <= b.offsetBytes;
            const isAfter = b.offsetBytes + b.allocation.sizeBytes <= a.offsetBytes;
            expect(isBefore || isAfter).toBe(true);
          }
        }
      }),
    );
  });

  it('keeps tensors that one dispatch reads and writes in different arenas', () => {
    fc.assert(
      fc.property(programs, (program) => {
        const { placements } = placeScratch(program.map(dispatchOf), LIMIT);
        for (const uses of program) {
          const arenasOf = (isWritten: boolean) =>
            uses
              .filter((use) => use.isWritten === isWritten)
              .flatMap(({ tensor }) => placements.get(tensor.allocation)?.arena ?? []);
          const written = new Set(arenasOf(true));
          expect(arenasOf(false).filter((arena) => written.has(arena))).toEqual([]);
        }
      }),
    );
  });

  it('runs a chain of any length in the room of two tensors', () => {
    const chain = Array.from({ length: 12 }, () => scratch(256));
    const dispatches = chain.slice(1).map((tensor, i) =>
      dispatchOf([
        { tensor: chain[i]!, isWritten: false },
        { tensor, isWritten: true },
      ]),
    );
    expect(placeScratch(dispatches, LIMIT).arenaBytes).toEqual([1024, 1024]);
  });

  it('is the same every time', () => {
    fc.assert(
      fc.property(programs, (program) => {
        const places = () => [...placeScratch(program.map(dispatchOf), LIMIT).placements.values()];
        expect(places()).toEqual(places());
      }),
    );
  });

  it('names the tensor that no buffer can hold', () => {
    const dispatch = dispatchOf([{ tensor: scratch(1501), isWritten: true }]);
    expect(() => placeScratch([dispatch], LIMIT)).toThrow(
      'plan: 1501 elements needs 6144 bytes, one buffer holds at most 6000',
    );
  });
});
