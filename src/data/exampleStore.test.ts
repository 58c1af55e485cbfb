import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ExampleStore } from './exampleStore.ts';

it('gives every example back as it was, whatever its text', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary' }), { minLength: 1, maxLength: 20 }), (texts) => {
      const store = new ExampleStore();
      const kept = texts.map((text, i) => {
        const example = {
          kind: 'pair',
          prompt: `${text}\n`,
          target: `\ud800${'é'.repeat(i * 70_000)}`,
          line: i + 1,
        } as const;
        store.add({ ...example, context: text });
        return example;
      });
      expect(store.length).toBe(texts.length);
      const backwards = Uint32Array.from(texts, (_, i) => texts.length - 1 - i);
      expect([...store.pick(backwards)]).toEqual([...kept].reverse());
    }),
    { numRuns: 20 },
  );
});
