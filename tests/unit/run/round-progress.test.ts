import type { ProgressEvent } from '@spatile/coordinator/api';
import { RoundProgress } from '@spatile/coordinator/run/round-progress';
import { expect, it } from 'vitest';

const tasks = new Map(
  Array.from({ length: 10 }, (_, i) => [`t${i}`, { transcripts: 100 * (i + 1) }] as const),
);

it('how far a round is is the sum of what was said last of each task', () => {
  const told: ProgressEvent[] = [];
  const progress = new RoundProgress('assign', tasks, (event) => told.push(event));
  progress.set('t0', 1);
  progress.set('t1', 0.1);
  progress.set('t1', 0.5);
  progress.set('of another round', 1);
  progress.tell();
  // Many small steps, whose sum is not exact, end where they should.
  for (const key of tasks.keys()) for (let k = 1; k <= 10; k++) progress.set(key, k / 10);
  progress.tell();
  expect(told).toEqual([
    { kind: 'advance', step: 'assign', done: 1.5, transcripts: 200 },
    { kind: 'advance', step: 'assign', done: 10, transcripts: 5500 },
  ]);
});
