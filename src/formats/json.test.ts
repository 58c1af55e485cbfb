import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseJsonObject } from './json.ts';

test('reads what JSON.parse reads, whatever the object', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue()), (value) => {
      const text = JSON.stringify(value, null, 1);
      expect(parseJsonObject(text, 'a.json')).toEqual(JSON.parse(text));
    }),
  );
});

test('refuses two equal keys, also when one is escaped or nested', () => {
  expect(() => parseJsonObject('{"a": 1, "\\u0061": 2}', 'a.json')).toThrow('a.json: the name "a" appears twice');
  expect(() => parseJsonObject('{"b": [{"x\\"": 1, "y": "x", "x\\"" : 2}]}', 'a.json')).toThrow('appears twice');
  expect(parseJsonObject('{"a": {"a": "a"}, "b": {"a": ["a", "a:"]}}', 'a.json')).toBeDefined();
});

test('refuses anything but an object', () => {
  for (const text of ['[]', '3', 'null', '', '{"a":', '{} {}']) {
    expect(() => parseJsonObject(text, 'a.json')).toThrow(/^a\.json: expected/);
  }
});
