import { Stragglers } from '@spatile/coordinator/cluster/stragglers';
import { describe, expect, test } from 'vitest';

const running = (task: string, elapsedMs: number, weight = 100) => ({ task, kind: 'k', weight, elapsedMs });

describe('stragglers', () => {
  const known = (afterMs: number): Stragglers => {
    const stragglers = new Stragglers(afterMs);
    // A tenth of a second per weight: 10 s for a task of 100.
    for (const weight of [50, 100, 200]) stragglers.learn('k', weight, weight / 10);
    return stragglers;
  };

  test('are tasks that take half as long again as others of their kind and weight, the latest first', () => {
    const late = known(1000).late([running('a', 16_000), running('b', 14_000), running('c', 40_000, 200)]);
    expect(late).toEqual(['c', 'a']);
  });

  test('are none before the time that was set', () => {
    expect(known(20_000).late([running('a', 19_000)])).toEqual([]);
    expect(known(Number.POSITIVE_INFINITY).late([running('a', 1e9)])).toEqual([]);
  });

  test('are none as long as hardly any task of their kind was finished', () => {
    const stragglers = new Stragglers(0);
    stragglers.learn('k', 1, 1);
    stragglers.learn('k', 1, 1);
    expect(stragglers.late([running('a', 1e9)])).toEqual([]);
  });
});
