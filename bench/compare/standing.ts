import { PROSEG, PROSEG_VERSION } from '../competitors/proseg.ts';
import { EXPAND, SPATILE } from '../competitors/spatile.ts';
import { table } from '../pages.ts';
import { number } from '../statistics.ts';
import { type Figure, type KindResults, kindName, score, stoppedAfter, used } from './kinds.ts';

const PROSEG_LABEL = `Proseg ${PROSEG_VERSION}`;

/** Figures of some methods beside each other: means over the seeds that all of those shown have. */
interface Group {
  what: string;
  methods: readonly (readonly [key: string, label: string])[];
  figure: Figure;
  say: (value: number) => string;
  /** Which value is set bold, where there are two. */
  best: 'most' | 'least';
}

const both = [
  [SPATILE.key, 'spatile'],
  [PROSEG.key, PROSEG_LABEL],
] as const;

const F1: Group = {
  what: 'F1',
  methods: [...both, [EXPAND.key, EXPAND.label]],
  figure: score('f1'),
  say: (value) => number(value, 3),
  best: 'most',
};
const COEXPRESSION: Group = {
  ...{ what: 'co-expression', methods: both, figure: score('coexpression') },
  ...{ say: (value) => number(value, 4), best: 'least' },
};
const WALL: Group = {
  ...{ what: 'wall time, s', methods: both, figure: used('wallSeconds') },
  ...{ say: (value) => number(value), best: 'least' },
};
const CPU: Group = {
  ...{ what: 'CPU time, s', methods: both, figure: used('cpuSeconds') },
  ...{ say: (value) => number(value), best: 'least' },
};
const MEMORY: Group = {
  ...{ what: 'peak memory, MiB', methods: both, figure: used('peakBytes') },
  ...{ say: (value) => number(value / 2 ** 20), best: 'least' },
};

/** Accuracy and cost of spatile, Proseg and plain expansion, one row for every kind of slide; the best of each group is bold. */
export function standingTable(kinds: readonly KindResults[]): string {
  return groupTable(
    kinds,
    [F1, COEXPRESSION, WALL, CPU, MEMORY],
    [{ head: 'seeds', cell: (kind) => `${seedsOf(kind)}` }],
  );
}

/** The same without what needs a wide page. */
export function narrowStandingTable(kinds: readonly KindResults[]): string {
  return groupTable(kinds, [F1, COEXPRESSION, CPU, MEMORY], []);
}

function groupTable(
  kinds: readonly KindResults[],
  groups: readonly Group[],
  facts: readonly { head: string; cell: (kind: KindResults) => string }[],
): string {
  const heads = groups.flatMap(({ what, methods }) =>
    methods.map(([, label], i) => (i === 0 ? `${what}: ${label}` : label)),
  );
  return table(
    ['slide', ...facts.map(({ head }) => head), ...heads],
    kinds.map((kind) => [
      kindName(kind),
      ...facts.map(({ cell }) => cell(kind)),
      ...groups.flatMap((group) => cells(kind, group)),
    ]),
  );
}

/** Slides of the kind on which spatile was judged. */
function seedsOf({ methods }: KindResults): number {
  return (methods.get(SPATILE.key) ?? []).filter(({ quality }) => quality.judged === true).length;
}

function cells(kind: KindResults, { methods, figure, say, best }: Group): string[] {
  const values = means(
    kind,
    methods.map(([key]) => key),
    figure,
  );
  const said = values.map((value) => (value === null ? null : say(value)));
  const numbers = said.flatMap((text) => (text === null ? [] : [Number(text.replaceAll(',', ''))]));
  const winner = best === 'most' ? Math.max(...numbers) : Math.min(...numbers);
  return said.map((text, i) => {
    if (text === null) return missing(kind, methods[i][0], figure);
    return numbers.length > 1 && Number(text.replaceAll(',', '')) === winner ? `**${text}**` : text;
  });
}

/** Means over the seeds that every method has that has any; null for methods without any. */
function means({ methods }: KindResults, keys: readonly string[], figure: Figure): (number | null)[] {
  const found = keys.map(
    (key) =>
      new Map(
        (methods.get(key) ?? []).flatMap((one) => {
          const value = figure(one);
          return value === null ? [] : [[one.settings.seed, value] as const];
        }),
      ),
  );
  const present = found.filter(({ size }) => size > 0);
  const seeds = [...(present[0]?.keys() ?? [])].filter((seed) => present.every((some) => some.has(seed)));
  return found.map((values) => {
    const shared = seeds.flatMap((seed) => values.get(seed) ?? []);
    return shared.length === 0 ? null : shared.reduce((sum, value) => sum + value, 0) / shared.length;
  });
}

/** A run that was stopped took at least its limit; of the rest nothing is known. */
function missing(kind: KindResults, key: string, figure: Figure): string {
  const limit = figure === WALL.figure ? stoppedAfter(kind.methods.get(key)) : null;
  return limit === null ? '-' : `> ${number(limit)}`;
}
