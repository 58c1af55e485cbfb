import { describe, expect, it } from 'vitest';
import { parseRoute, routeTo } from './routing.ts';

describe('routes', () => {
  it('reads back what it writes', () => {
    const route = parseRoute(routeTo('compare', { runs: 'a,b c' }));
    expect(route.room).toBe('compare');
    expect(route.params.get('runs')).toBe('a,b c');
  });

  it('takes anything unknown for Train', () => {
    expect(['', '#', '#/nowhere', '#/train?x=1'].map((hash) => parseRoute(hash).room)).toEqual(Array(4).fill('train'));
  });
});
