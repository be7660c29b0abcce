import { SCORES } from '@spatile/instrument/judge/score-list';
import { table } from '../pages.ts';
import type { CaseResult } from '../results.ts';
import { number, show } from '../statistics.ts';
import { STEPS } from '../steps.ts';
import { detailsOf, type KindResults, kindName, over, pair, score, used } from './kinds.ts';

/** One score of every method on every kind of slide. */
export function scoreTable(
  kinds: readonly KindResults[],
  methods: readonly (readonly [key: string, label: string])[],
  name: string,
): string {
  return table(
    ['slide', ...methods.map(([, label]) => label)],
    kinds.map((kind) => [
      kindName(kind),
      ...methods.map(([key]) => show(over(kind.methods.get(key), score(name)), 3)),
    ]),
  );
}

/** Every score of one kind of slide. */
export function allScores(
  kind: KindResults,
  methods: readonly (readonly [key: string, label: string])[],
): string {
  const present = methods.filter(([key]) => kind.methods.has(key));
  const direction = { more: '', less: ' (less is better)' };
  const rows = SCORES.map(({ name, label, better, isCount }) => [
    `${label}${better === null ? '' : direction[better]}`,
    ...present.map(([key]) =>
      // Named apart from the transcripts of the slide in the results.
      show(
        over(kind.methods.get(key), score(name === 'transcripts' ? 'judgedTranscripts' : name)),
        isCount ? 0 : 3,
      ),
    ),
  ]);
  return table(['score', ...present.map(([, label]) => label)], rows);
}

/** Time, processor time and memory of every run of a program. */
export function costTable(
  kinds: readonly KindResults[],
  methods: readonly (readonly [key: string, label: string])[],
): string {
  const rows = kinds.flatMap((kind) =>
    methods.flatMap(([key, label]) => {
      const results = kind.methods.get(key)?.filter(({ quality }) => quality.exit !== 'none') ?? [];
      if (results.length === 0) return [];
      const seconds = over(results, used('wallSeconds'));
      const rates = over(results, (one) => {
        const cpu = used('cpuSeconds')(one);
        return cpu === null ? null : cpu / (Number(one.quality.transcripts) / 1e6);
      });
      return [
        [
          kindName(kind),
          label,
          String(results[0].settings.threads),
          seconds === undefined ? ending(results[0]) : show(seconds),
          show(over(results, used('cpuSeconds'))),
          show(rates, 0),
          show(over(results, used('peakBytes')), 0, 2 ** -20),
          show(over(results, used('mainPeakBytes')), 0, 2 ** -20),
          show(over(results, used('helperPeakBytes')), 0, 2 ** -20),
        ],
      ];
    }),
  );
  return table(
    [
      ...['slide', 'method', 'threads', 'wall, s', 'CPU, s', 'CPU s per M transcripts'],
      ...['peak of all processes, MiB', 'main process, MiB', 'largest worker, MiB'],
    ],
    rows,
    2,
  );
}

/** How a run ended that did not end well, as a cell of a table. */
export function ending({ quality, settings, measured }: CaseResult): string {
  if (quality.exit === 'out of time') return `> ${number(Number(settings.limitSeconds))}, stopped`;
  const seconds = number(measured.wallSeconds?.median ?? 0);
  if (quality.exit === 'out of memory')
    return `stopped after ${seconds} at ${number(Number(settings.limitBytes) / 2 ** 30)} GiB`;
  return `failed after ${seconds}`;
}

/** How a run ended that did not end well, for a sentence. */
export function endingInWords({ quality, settings, measured }: CaseResult): string {
  if (quality.exit === 'out of time') return `stopped after ${number(Number(settings.limitSeconds))} s`;
  const seconds = `${number(measured.wallSeconds?.median ?? 0)} s`;
  if (quality.exit === 'out of memory')
    return `stopped after ${seconds}, when its processes held ${number(Number(settings.limitBytes) / 2 ** 30)} GiB`;
  return `failed after ${seconds}`;
}

/** One worker against two on the same slides. */
export function scalingTable(kinds: readonly KindResults[]): string | null {
  const rows = kinds.flatMap((kind) => {
    const found = pair(kind, 'spatile', 'spatile-1', used('wallSeconds'));
    if (found === null) return [];
    const cpu = pair(kind, 'spatile', 'spatile-1', used('cpuSeconds'));
    return [
      [
        kindName(kind),
        number(found.theirs, 1),
        number(found.ours, 1),
        number(found.theirs / found.ours, 2),
        number(cpu?.theirs, 1),
        number(cpu?.ours, 1),
      ],
    ];
  });
  if (rows.length === 0) return null;
  return table(['slide', '1 worker, s', '2 workers, s', 'times as fast', 'CPU of 1, s', 'CPU of 2, s'], rows);
}

/** Where the wall time of spatile goes. */
export function stepTable(kinds: readonly KindResults[]): string | null {
  const rows = kinds.flatMap((kind) => {
    const runs = kind.methods.get('spatile')?.filter((one) => detailsOf(one).steps !== null) ?? [];
    if (runs.length === 0) return [];
    return [
      [
        kindName(kind),
        ...STEPS.map((step) => show(over(runs, (one) => detailsOf(one).steps?.[step] ?? null))),
        show(over(runs, used('wallSeconds'))),
      ],
    ];
  });
  return rows.length === 0 ? null : table(['slide', ...STEPS, 'whole run'], rows);
}
