import { CELL_CLASSES } from '@spatile/formats/tile/correct';
import {
  type ExpressionSpace,
  type LikeTypes,
  likeInputFrame,
  readLike,
  readSpace,
  spaceInputFrame,
} from '@spatile/formats/tile/shift';
import { BLOCK_WEIGHT, type Block, blocksOf } from '../blocks.ts';
import { rowsOf } from '../counts/table.ts';
import { drawnRows } from '../drawn-rows.ts';
import type { CorrectStage } from '../method.ts';
import type { SettledTypes, SlideTypes } from '../rctd/cell-types.ts';
import type { WeightedTypes } from './neighbours.ts';

const SPACE_ROUND = 'correct-split-space';
const SPACE_TASK = 'slide';
const LIKE_ROUND = 'correct-split-like';

/** What SPLIT-shift changed. */
export interface ShiftedTypes extends WeightedTypes {
  /** Whether first and second type of a cell were swapped. */
  swapped: Uint8Array;
}

/**
 * Swaps first and second type of the cells whose like in expression say so (SPLIT-shift, Bilous et al. 2026): the cells of the
 * slide most like them, in principal components of the observed counts, are mostly of another type and class than the first,
 * and of the second's class.
 * @param groupOf class of each type.
 * Errors: those of the rounds.
 */
export async function shiftTypes(
  stage: CorrectStage,
  settled: SettledTypes,
  typed: SlideTypes,
  groupOf: Int32Array,
): Promise<ShiftedTypes> {
  const { config, table, runner } = stage;
  const sample = sampledRows(stage, settled);
  const blocks = blocksOf(table.cells).map((block) => ({ ...block, rows: askedIn(settled, block) }));
  const asked = sample.length === 0 ? [] : blocks.filter(({ rows }) => rows.length > 0);
  const { components, genes, neighbours } = config.correct.split.shift;
  if (asked.length > 0)
    await runner.run(SPACE_ROUND, 'finding what cells are like', [
      {
        ...{ id: SPACE_TASK, kind: 'correct.split.space', weight: 1, transcripts: 0 },
        input: async () =>
          spaceInputFrame({
            ...{ genes: table.geneNames.length, components, mostGenes: genes, seed: config.seed },
            cells: await rowsOf(table, sample, null),
          }),
      },
    ]);
  const space = asked.length === 0 ? null : readSpace(await runner.result(SPACE_ROUND, SPACE_TASK, null));
  await runner.run(
    LIKE_ROUND,
    'comparing cells',
    asked.map((block) => ({
      ...{ id: block.id, kind: 'correct.split.like', weight: BLOCK_WEIGHT, transcripts: 0 },
      input: async () =>
        likeInputFrame({
          ...{ genes: table.geneNames.length, space: space as ExpressionSpace, groupOf, neighbours },
          sample: Uint32Array.from(sample),
          sampleType: Int16Array.from(sample, (row) => settled.first[row]),
          row: Uint32Array.from(block.rows),
          cells: await rowsOf(table, block.rows, null),
        }),
    })),
  );
  const out = { ...weighted(settled, typed), swapped: new Uint8Array(table.cells) };
  for (const { id, rows } of asked)
    swapIn(out, rows, readLike(await runner.result(LIKE_ROUND, id, null)), groupOf);
  return out;
}

/** The types of a slide with those swapped that SPLIT-shift swapped. */
export function withSwaps(
  typed: SlideTypes,
  { first, second, firstWeight, secondWeight, swapped }: ShiftedTypes,
): SlideTypes {
  const from = { first, second, firstWeight, secondWeight };
  const out = { ...typed, ...weighted(typed, typed) };
  swapped.forEach((isSwapped, row) => {
    if (isSwapped === 0) return;
    for (const name of Object.keys(from) as (keyof WeightedTypes)[]) out[name][row] = from[name][row];
  });
  return out;
}

const UNTYPED = new Set([CELL_CLASSES.indexOf('reject'), CELL_CLASSES.indexOf('filtered')]);

function sampledRows({ config }: CorrectStage, { first, cellClass }: SettledTypes): readonly number[] {
  const rows: number[] = [];
  first.forEach((type, row) => {
    if (type >= 0 && !UNTYPED.has(cellClass[row])) rows.push(row);
  });
  return drawnRows(rows, config.correct.split.shift.cells, config.seed, 'correct.like');
}

/** Rows of a block that have two types. */
const askedIn = ({ second, cellClass }: SettledTypes, { from, to }: Block): number[] =>
  Array.from({ length: to - from }, (_, i) => from + i).filter(
    (row) => second[row] >= 0 && !UNTYPED.has(cellClass[row]),
  );

const weighted = (
  { first, second }: SettledTypes,
  { firstWeight, secondWeight }: SlideTypes,
): WeightedTypes => ({
  first: first.slice(),
  second: second.slice(),
  firstWeight: firstWeight.slice(),
  secondWeight: secondWeight.slice(),
});

function swapIn(types: ShiftedTypes, rows: readonly number[], like: LikeTypes, groupOf: Int32Array): void {
  const { first, second, firstWeight, secondWeight, swapped } = types;
  rows.forEach((row, i) => {
    const disagrees = first[row] !== like.type[i] && groupOf[first[row]] !== like.group[i];
    if (!disagrees || groupOf[second[row]] !== like.group[i]) return;
    swapped[row] = 1;
    [first[row], second[row]] = [second[row], first[row]];
    [firstWeight[row], secondWeight[row]] = [secondWeight[row], firstWeight[row]];
  });
}
