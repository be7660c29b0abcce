import { pairsFrame, readBridges } from '@spatile/formats/tile/celladmix';
import type { CorrectStage } from '../method.ts';
import { neighbourGraph } from '../split/neighbours.ts';
import type { CellTypes } from './cell-types.ts';
import type { SlideLabels } from './label.ts';
import { type Cell, packed, readCells } from './molecules.ts';
import { choosePairs, type Pair } from './pairs.ts';
import { shuffledRows } from './sample.ts';
import { falseDiscoveryRates, signedRankTest } from './significance.ts';

const BRIDGES_ROUND = 'correct-celladmix-bridges';
/** Cells that may touch one. */
const MOST_NEIGHBOURS = 8;
/** Pairs of a task; part of no result. */
const TASK_PAIRS = 512;

/** What the bridge test says of a factor in cells of one type beside cells of another. */
export interface BridgeTest {
  factor: number;
  target: number;
  source: number;
  /** Pairs of cells in which the factor could be scored. */
  pairs: number;
  p: number;
  q: number;
}

/**
 * Tests for every factor and ordered pair of types whether the factor's molecules lie where cells of the one touch cells of the
 * other (Mitchel et al., bioRxiv 2025.01.02.631135). Errors: those of the round.
 */
export async function testBridges(
  stage: CorrectStage,
  types: CellTypes,
  labels: SlideLabels,
): Promise<BridgeTest[]> {
  const { config, table, runner } = stage;
  const { bridge, fewest } = { ...config.correct.celladmix, fewest: config.correct.celladmix.bridge.fewest };
  const { factors, counts } = labels;
  const graph = neighbourGraph(table.spatial, bridge.radiusUm, MOST_NEIGHBOURS);
  const order = shuffledRows(table.cells, config.seed, 'correct.celladmix.pairs');
  const pairs = choosePairs({ types, graph, counts, factors }, order, bridge, config.seed);
  const tasks = Array.from({ length: Math.ceil(pairs.length / TASK_PAIRS) }, (_, t) => ({
    id: `pairs-${String(t).padStart(5, '0')}`,
    own: pairs.slice(t * TASK_PAIRS, (t + 1) * TASK_PAIRS),
    first: t * TASK_PAIRS,
  }));
  const standIns = new Map<number, Cell>();
  const settings = { factors, draws: bridge.draws, links: bridge.links, fewest, seed: config.seed };
  await runner.run(
    BRIDGES_ROUND,
    'testing bridges',
    tasks.map(({ id, own, first }) => ({
      id,
      kind: 'correct.celladmix.bridge',
      weight: own.length,
      transcripts: 0,
      input: async () => {
        if (standIns.size === 0) {
          const rows = [...new Set(pairs.flatMap((pair) => pair.standIns))];
          for (const cell of await cellsOf(stage, labels, rows)) standIns.set(cell.row, cell);
        }
        return pairsFrame({ ...(await bundle(stage, labels, own, first, standIns)), settings });
      },
    })),
  );
  const score: Float64Array[] = [];
  const expected: Float64Array[] = [];
  for (const { id } of tasks) {
    const found = readBridges(await runner.result(BRIDGES_ROUND, id, null));
    score.push(found.score);
    expected.push(found.standIn);
  }
  const difference = (p: number, f: number): number => {
    const [task, at] = [Math.floor(p / TASK_PAIRS), (p % TASK_PAIRS) * factors + f];
    return score[task][at] - expected[task][at];
  };
  return judgePairs(pairs, types, factors, bridge.fewestPairs, difference);
}

const cellsOf = (
  { table, transcripts }: CorrectStage,
  labels: SlideLabels,
  rows: number[],
): Promise<Cell[]> => readCells(table, transcripts!, rows, labels.ofBlock);

/** The cells of some pairs, each once. */
async function bundle(
  stage: CorrectStage,
  labels: SlideLabels,
  pairs: readonly Pair[],
  first: number,
  standIns: ReadonlyMap<number, Cell>,
) {
  const real = new Set(pairs.flatMap(({ target, source }) => [target, source]));
  const others = new Set(pairs.flatMap((pair) => pair.standIns).filter((row) => !real.has(row)));
  const cells = [
    ...(await cellsOf(stage, labels, [...real])),
    ...[...others].sort((a, b) => a - b).map((row) => standIns.get(row)!),
  ];
  const at = new Map(cells.map(({ row }, i) => [row, i]));
  const { factor, ...molecules } = packed(cells);
  return {
    cells: molecules,
    factor,
    pair: Uint32Array.from(pairs, (_, i) => first + i),
    target: Uint32Array.from(pairs, ({ target }) => at.get(target)!),
    source: Uint32Array.from(pairs, ({ source }) => at.get(source)!),
    standIn: Uint32Array.from(
      pairs.flatMap((pair) => pair.standIns),
      (row) => at.get(row)!,
    ),
  };
}

/**
 * Tests by factor and pair of types; the false discovery rate is that among the pairs of types of one factor.
 * @param difference of pair p and factor f: its score less that of its stand-ins, NaN where there is none.
 */
export function judgePairs(
  pairs: readonly Pair[],
  { names, type }: CellTypes,
  factors: number,
  fewestPairs: number,
  difference: (p: number, f: number) => number,
): BridgeTest[] {
  const kinds = new Map<number, number[]>();
  pairs.forEach(({ target, source }, p) => {
    const kind = type[target] * names.length + type[source];
    const known = kinds.get(kind);
    if (known === undefined) kinds.set(kind, [p]);
    else known.push(p);
  });
  const sorted = [...kinds].sort(([a], [b]) => a - b);
  return Array.from({ length: factors }, (_, factor) => {
    const tests = sorted.flatMap(([kind, members]) => {
      const differences = members.map((p) => difference(p, factor)).filter((d) => !Number.isNaN(d));
      if (differences.length < fewestPairs) return [];
      return [
        {
          factor,
          target: Math.floor(kind / names.length),
          source: kind % names.length,
          pairs: differences.length,
          p: signedRankTest(differences),
        },
      ];
    });
    const q = falseDiscoveryRates(tests.map(({ p }) => p));
    return tests.map((test, i) => ({ ...test, q: q[i] }));
  }).flat();
}
