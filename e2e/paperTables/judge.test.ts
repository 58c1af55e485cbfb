import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { HELD_OUT_ROWS } from './grids.ts';
import { judgeAnswers } from './judge.ts';

test('a query is right when it gives what the target gives, however it is written', async () => {
  const [first] = readFileSync(HELD_OUT_ROWS, 'utf8').split('\n');
  const { target } = JSON.parse(first!);
  const answer = (text: string) => ({ answer: text, exactMatch: text === target, loss: 0.5, tokens: 4 });
  const answers = { base: answer('get: pick train of t'), same: answer(target), other: answer(`${target} OFFSET 0`) };
  const folder = mkdtempSync(join(tmpdir(), 'rankwise-'));
  try {
    const path = join(folder, 'answers.jsonl');
    writeFileSync(path, `${JSON.stringify({ line: 1, answers })}\n`);
    const judged = await judgeAnswers(path);
    expect(judged.get('base')).toEqual({ isRight: [false], exact: 0, loss: 0.5 });
    expect(judged.get('same')).toEqual({ isRight: [true], exact: 1, loss: 0.5 });
    expect(judged.get('other')).toEqual({ isRight: [true], exact: 0, loss: 0.5 });
  } finally {
    rmSync(folder, { recursive: true });
  }
});
