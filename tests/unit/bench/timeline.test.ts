import type { RunLogEvent } from '@spatile/coordinator/run/events';
import { expect, test } from 'vitest';
import { idealSeconds, timelineOf, timelineTable } from '../../../bench/timeline.ts';

const at = (second: number): string => new Date(Date.UTC(2026, 0, 1) + 1000 * second).toISOString();

const task = (round: string, from: number, to: number): RunLogEvent & { time: string } => ({
  ...{ time: at(to), type: 'task', round, tile: 't0', attempt: 1, seconds: to - from },
  ...{ cpuSeconds: to - from, peakRssBytes: 1, transcripts: 1, work: {} },
});

const step = (name: string, to: number, took: number, cpu: number): RunLogEvent & { time: string } => ({
  ...{ time: at(to), type: 'step', step: name, seconds: took, coordinatorRssBytes: 1 },
  coordinatorCpuSeconds: cpu,
});

const EVENTS = [
  step('scan', 2, 2, 1.5),
  step('partition', 3, 1, 2.5),
  task('assign', 3.5, 8),
  task('assign', 3.5, 9),
  task('assign-border-1', 10, 12),
  step('assign', 13, 6, 4),
  step('assign-border-1', 13, 2, 4),
  step('report', 15, 2, 6),
];

test('a run is cut where its steps end, tiles and border units where the last tile ends', () => {
  const stretches = timelineOf(EVENTS);
  expect(stretches.map(({ name, seconds }) => [name, seconds])).toEqual([
    ['start, scan, cells', 2],
    ['partition', 1],
    ['tiles', 6],
    ['border', 4],
    ['report', 2],
  ]);
  expect(stretches[2]).toMatchObject({ withoutTask: 0.5, taskSeconds: 10, longestTask: 5.5 });
  expect(stretches[3]).toMatchObject({ withoutTask: 2, taskSeconds: 2, longestTask: 2 });
  expect(stretches.map(({ coordinatorCpuSeconds }) => coordinatorCpuSeconds)).toEqual([1.5, 1, null, 1.5, 2]);
});

test('what more workers would take: moments without a task stay, a task is never cut', () => {
  const [, , tiles, border] = timelineOf(EVENTS);
  expect([1, 2, 4].map((workers) => idealSeconds(tiles, workers))).toEqual([10.5, 6, 6]);
  expect([1, 2].map((workers) => idealSeconds(border, workers))).toEqual([4, 4]);
  expect(timelineTable(timelineOf(EVENTS)).split('\n').at(-1)).toBe(
    '| all | 15.00 | 7.50 | 12.00 | 7.50 | 6.00 | 19.50 | 15.00 | 15.00 |',
  );
});

test('a log without a scan is no run', () => {
  expect(() => timelineOf([])).toThrow('no scan');
});
