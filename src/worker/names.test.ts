import { expect, test } from 'vitest';
import { fileStem } from './names.ts';

test.each([
  ['A question → SQL, r 8', 'A-question-SQL-r-8'],
  ['../../etc/passwd', 'etc-passwd'],
  ['Schön', 'Schön'],
  ['…', 'adapter'],
])('%s', (name, stem) => {
  expect(fileStem(name)).toBe(stem);
});
