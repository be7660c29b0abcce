import { table } from '../pages.ts';
import { number } from '../statistics.ts';
import { type KindResults, kindName, over, used } from './kinds.ts';

/** Slides on which users of Proseg report what it took, by issue of its repository. */
const USERS = [
  { issue: 129, millions: 70.5, report: '235,952 CPU-seconds and 35.1 GB without finishing' },
  { issue: 87, millions: 145, report: 'stalled on 30 GB' },
  { issue: 58, millions: 711, report: 'out of 300 GB' },
  { issue: 162, millions: 1040, report: 'out of 256 GB' },
];

/** What spatile's largest measured slide says of slides of users: CPU time in proportion to transcripts. Null without one. */
export function extrapolation(kinds: readonly KindResults[]): string[] {
  const measured = kinds.flatMap((kind) => {
    const cpu = over(kind.methods.get('spatile'), used('cpuSeconds'));
    const worker = over(kind.methods.get('spatile'), used('helperPeakBytes'));
    return cpu === undefined || kind.preset !== 'default' ? [] : [{ kind, cpu, worker }];
  });
  const largest = measured.reduce<(typeof measured)[number] | null>(
    (best, one) => (best === null || one.kind.transcripts > best.kind.transcripts ? one : best),
    null,
  );
  if (largest === null) return [];
  const perMillion = largest.cpu.median / (largest.kind.transcripts / 1e6);
  const rows = USERS.map(({ issue, millions, report }) => [
    `Proseg issue ${issue}`,
    `${number(millions, millions % 1 === 0 ? 0 : 1)} M`,
    report,
    number(perMillion * millions),
    number((perMillion * millions) / 2 / 3600, 1),
    number((perMillion * millions) / 16 / 3600, 1),
  ]);
  return [
    table(
      [
        ...['slide', 'transcripts', 'Proseg, as users report'],
        ...['spatile, CPU s', 'hours on 2 cores', 'hours on 16 cores'],
      ],
      rows,
    ),
    '',
    `**An extrapolation, not a measurement**: ${number(perMillion)} CPU-seconds per million transcripts of the largest slide measured here (${kindName(largest.kind)}; a worker held ${number((largest.worker?.median ?? 0) / 2 ** 20)} MiB there), times the transcripts of those slides, as if time stayed in proportion, their tissue and panel were like ours and cores divided the work evenly. Memory of workers does not depend on the size of the slide; that of the coordinator grows with cells.`,
  ];
}
