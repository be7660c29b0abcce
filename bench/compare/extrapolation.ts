import { table } from '../pages.ts';
import { number, type Spread } from '../statistics.ts';
import { type Figure, type KindResults, kindName, over, score, used } from './kinds.ts';

/** Slides on which users of Proseg report what it took, by issue of its repository. */
const USERS = [
  {
    ...{ issue: 129, millions: 70.5, cells: 130_591 },
    report: '235,952 CPU-seconds and 35.1 GB without finishing',
  },
  { issue: 87, millions: 145, cells: 480_061, report: 'stalled on 30 GB' },
  { issue: 58, millions: 711, cells: 1_161_757, report: 'out of 300 GB' },
  { issue: 162, millions: 1040, cells: 710_240, report: 'out of 256 GB' },
];
const GIB = 2 ** 30;

/** What the larger and the smaller slide of a panel say of the coordinator: bytes at no cells, and for each. */
interface CoordinatorLine {
  base: number;
  perCell: number;
}

/**
 * What spatile's largest measured slide says of slides of users: CPU time in proportion to transcripts, memory of the coordinator
 * along the line through it and the smallest slide of several tiles with its panel. Empty without one.
 */
export function extrapolation(kinds: readonly KindResults[]): string[] {
  const measured = kinds.flatMap((kind) => {
    const of = (figure: Figure): Spread | undefined => over(kind.methods.get('spatile'), figure);
    const cpu = of(used('cpuSeconds'));
    if (cpu === undefined || kind.preset !== 'default') return [];
    const [worker, main] = [of(used('helperPeakBytes')), of(used('mainPeakBytes'))];
    return [{ kind, cpu, worker, main, cells: of(score('cells')) }];
  });
  const largest = measured.reduce<(typeof measured)[number] | null>(
    (best, one) => (best === null || one.kind.transcripts > best.kind.transcripts ? one : best),
    null,
  );
  if (largest === null) return [];
  const { kind, cpu, worker } = largest;
  const smaller = measured.find((one) => one.kind.genes === kind.genes && one.kind.aimed >= 1e6);
  const line = smaller === undefined ? null : lineThrough(smaller, largest);
  const perMillion = cpu.median / (kind.transcripts / 1e6);
  const rows = USERS.map(({ issue, millions, cells, report }) => [
    `Proseg issue ${issue}`,
    `${number(millions, millions % 1 === 0 ? 0 : 1)} M`,
    number(cells),
    report,
    number(perMillion * millions),
    number((perMillion * millions) / 2 / 3600, 1),
    number((perMillion * millions) / 16 / 3600, 1),
    line === null ? '-' : number((line.base + cells * line.perCell) / GIB, 1),
  ]);
  const coordinator =
    line === null
      ? 'that of the coordinator grows with cells'
      : `that of the coordinator grows with cells, by ${number(line.perCell / 1024)} KiB each from the slide of ${kindName(smaller!.kind)} to the largest`;
  return [
    table(
      [
        ...['slide', 'transcripts', 'cells', 'Proseg, as users report'],
        ...['spatile, CPU s', 'hours on 2 cores', 'hours on 16 cores', 'coordinator, GiB'],
      ],
      rows,
    ),
    '',
    `**An extrapolation, not a measurement**: ${number(perMillion)} CPU-seconds per million transcripts of the largest slide measured here (${kindName(kind)}; a worker held ${number((worker?.median ?? 0) / 2 ** 20)} MiB there), times the transcripts of those slides, as if time stayed in proportion, their tissue and panel were like ours and cores divided the work evenly. Memory of workers does not depend on the size of the slide; ${coordinator}.`,
  ];
}

interface Measured {
  main: Spread | undefined;
  cells: Spread | undefined;
}

/** Null where one of the slides lacks a figure, or is the other. */
function lineThrough(smaller: Measured, larger: Measured): CoordinatorLine | null {
  const [from, to] = [smaller, larger].map(({ main, cells }) => ({
    bytes: main?.median ?? Number.NaN,
    cells: cells?.median ?? Number.NaN,
  }));
  const perCell = (to.bytes - from.bytes) / (to.cells - from.cells);
  return perCell > 0 ? { base: from.bytes - from.cells * perCell, perCell } : null;
}
