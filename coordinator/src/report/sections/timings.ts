import * as Plot from '@observablehq/plot';
import { amount, byteSize, count, duration } from '../../cli/format.ts';
import type { RunReportData } from '../data.ts';
import type { Html } from '../html.ts';
import { factTable, figure, figures, type Section } from '../parts.ts';
import { COLOURS, draw } from '../plot.ts';
import type { ReportedSlide } from '../slide.ts';

const MIB = 2 ** 20;

/** Where time and memory went; null without the run directory. */
export function timingsSection({ run }: ReportedSlide): Section | null {
  if (run === null) return null;
  const busy = run.tiles.filter(({ seconds }) => seconds > 0);
  const limitBytes = memoryLimit(run.config);
  const sum = (values: number[]): number => values.reduce((a, b) => a + b, 0);
  const most = (values: number[]): number => values.reduce((a, b) => Math.max(a, b), 0);
  const cpu = sum(busy.map(({ cpuSeconds }) => cpuSeconds));
  const worked = sum(busy.map(({ transcripts }) => transcripts));
  return {
    id: 'time',
    title: 'Time and memory',
    body: figures(
      3,
      run.steps.length === 0 ? null : figure('Time by step.', stepBars(run.steps)),
      busy.length === 0 ? null : figure('Memory of workers by tile.', memoryDots(busy, limitBytes)),
      figure(
        'In numbers.',
        factTable([
          ['Workers', count(run.workers)],
          ['Workers lost and replaced', count(run.workersLost)],
          ['Processor time of the assign stage', duration(cpu)],
          ['Transcripts per processor second', cpu > 0 ? count(worked / cpu) : null],
          ['Largest worker', byteSize(most(busy.map(({ peakRssBytes }) => peakRssBytes)))],
          ['Limit per worker', limitBytes === null ? null : byteSize(limitBytes)],
          [
            'Largest coordinator',
            run.steps.length === 0 ? null : byteSize(most(run.steps.map((step) => step.coordinatorRssBytes))),
          ],
        ]),
        'Times are those of this run on its machine; nothing else of the report depends on them.',
      ),
    ),
  };
}

/** Steps that differ in a number at the end only are shown as one. */
export function groupedSteps(
  steps: RunReportData['steps'],
): { step: string; seconds: number; times: number }[] {
  const groups = new Map<string, { step: string; seconds: number; times: number }>();
  for (const { step, seconds } of steps) {
    const name = step.replace(/-\d+$/, '').replaceAll('-', ' ');
    const group = groups.get(name) ?? { step: name, seconds: 0, times: 0 };
    group.seconds += seconds;
    group.times += 1;
    groups.set(name, group);
  }
  return [...groups.values()];
}

function stepBars(steps: RunReportData['steps']): Html {
  const rows = groupedSteps(steps).map((group) => ({
    ...group,
    label: group.times === 1 ? group.step : `${group.step} (${group.times})`,
  }));
  return draw({
    describe: rows.map(({ label, seconds }) => `${label} ${duration(seconds)}`).join(', '),
    height: 60 + 26 * rows.length,
    marginLeft: 120,
    marginRight: 70,
    x: { label: 'Seconds', grid: true },
    y: { label: null, domain: rows.map(({ label }) => label) },
    marks: [
      Plot.barX(rows, { x: 'seconds', y: 'label', fill: COLOURS.accent, insetTop: 2, insetBottom: 2 }),
      Plot.text(rows, {
        x: 'seconds',
        y: 'label',
        text: ({ seconds }) => duration(seconds),
        textAnchor: 'start',
        dx: 5,
        fill: 'currentColor',
      }),
      Plot.ruleX([0], { stroke: COLOURS.muted }),
    ],
  });
}

function memoryDots(tiles: RunReportData['tiles'], limitBytes: number | null): Html {
  const limit = limitBytes === null ? [] : [limitBytes / MIB];
  return draw({
    describe: `Peak memory of the worker against transcripts, ${amount(tiles.length, 'tiles')}`,
    marginLeft: 60,
    x: { label: 'Transcripts of the tile', tickFormat: 's', zero: true },
    y: { label: 'Peak memory of its worker (MiB)', grid: true, zero: true },
    marks: [
      Plot.ruleY(limit, { stroke: COLOURS.warn, strokeDasharray: '4,3' }),
      Plot.text(limit, {
        frameAnchor: 'right',
        y: Plot.identity,
        text: () => 'limit',
        dy: -7,
        textAnchor: 'end',
        fill: 'currentColor',
      } as never),
      Plot.dot(tiles, {
        x: 'transcripts',
        y: ({ peakRssBytes }) => peakRssBytes / MIB,
        r: 3,
        fill: COLOURS.accent,
        fillOpacity: 0.7,
        title: ({ id, transcripts, peakRssBytes, seconds }) =>
          `${id}: ${count(transcripts)} transcripts, ${byteSize(peakRssBytes)}, ${duration(seconds)}`,
      }),
      Plot.ruleY([0], { stroke: COLOURS.muted }),
    ],
  });
}

/** `plan.memoryPerWorker` in bytes, when the configuration says it. */
function memoryLimit(config: unknown): number | null {
  const value = (config as { plan?: { memoryPerWorker?: unknown } } | null)?.plan?.memoryPerWorker;
  return typeof value === 'number' ? value : null;
}
