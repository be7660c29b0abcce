import type { RunConfig } from '@spatile/formats/config/schema';
import type { ReferenceProfiles } from '@spatile/formats/reference/read';
import { readModel, type TypeModel, typesFrame } from '@spatile/formats/tile/correct';
import type { RoundRunner } from '../run/rounds.ts';
import { type Corrections, joined, splitAnnotations, typeAnnotations } from './annotations.ts';
import { collectTypes, type SlideTypes } from './cell-types.ts';
import { classesOf } from './classes.ts';
import { type Block, blocksOf, type CountTable, rowsOf, startOf } from './count-table.ts';
import { correctedCounts } from './counts-result.ts';
import { fitInput, sharedPlaces, slideSums } from './fit.ts';
import { countsInput, planSplit, sentCounts } from './purify.ts';

const FIT_ROUND = 'correct-fit';
const TYPES_ROUND = 'correct-types';
const COUNTS_ROUND = 'correct-counts';
const FIT_TASK = 'slide';

/** What the correct stage works on. */
export interface CorrectStage {
  config: RunConfig;
  table: CountTable;
  reference: ReferenceProfiles;
  runner: RoundRunner;
}

/**
 * Corrects the counts of a slide by the methods of its configuration, one after the other: a fit of the slide on one worker,
 * then blocks of cells on all of them. Counts, types and corrected counts stay apart; nothing of the table is changed.
 * Errors: those of the rounds, `REFERENCE_INVALID`.
 */
export async function runCorrect(stage: CorrectStage): Promise<Corrections> {
  const { config, table, reference } = stage;
  const place = sharedPlaces(reference, table.geneNames.length);
  const model = await fitSlide(stage, place);
  const typed = await typeSlide(stage, place, model);
  const parts = [typeAnnotations(table, config.correct, reference, model, typed)];
  if (config.correct.methods.includes('split')) parts.push(await splitSlide(stage, place, typed));
  return joined(parts);
}

async function fitSlide(stage: CorrectStage, place: Int32Array): Promise<TypeModel> {
  const { config, table, reference, runner } = stage;
  const sums = slideSums(table, place, reference.genes.length, config.correct);
  await runner.run(FIT_ROUND, 'fitting cell types', [
    {
      id: FIT_TASK,
      kind: 'correct.rctd.fit',
      weight: 1,
      transcripts: 0,
      input: async () => fitInput(table, reference, place, sums, config.correct, config.seed),
    },
  ]);
  return readModel(await runner.result(FIT_ROUND, FIT_TASK, null));
}

/** Class of each type as a number: types of one named class share it. */
function groupsOf(types: readonly string[], named: readonly string[]): Int32Array {
  const classes = classesOf(named, types);
  const numbers = new Map<string, number>();
  return Int32Array.from(types, (type) => {
    const name = classes.has(type) ? `class ${classes.get(type)}` : `type ${type}`;
    if (!numbers.has(name)) numbers.set(name, numbers.size);
    return numbers.get(name)!;
  });
}

const rowsIn = ({ from, to }: Block): number[] => Array.from({ length: to - from }, (_, i) => from + i);
const entriesIn = (table: CountTable, { from, to }: Block): number =>
  startOf(table, to) - startOf(table, from);

async function typeSlide(stage: CorrectStage, place: Int32Array, model: TypeModel): Promise<SlideTypes> {
  const { config, table, reference, runner } = stage;
  const blocks = blocksOf(table);
  const groupOf = groupsOf(reference.types, config.correct.rctd.classes);
  const { mode, umiMin, umiMax, countsMin, confidence, doublet, maxTypes } = config.correct.rctd;
  const settings = { mode, umiMin, umiMax, countsMin, confidence, doublet, maxTypes };
  await runner.run(
    TYPES_ROUND,
    'typing cells',
    blocks.map((block) => ({
      id: block.id,
      kind: 'correct.rctd',
      weight: entriesIn(table, block),
      transcripts: 0,
      input: async () => typesFrame({ model, groupOf, settings, cells: rowsOf(table, rowsIn(block), place) }),
    })),
  );
  return collectTypes(blocks, reference.types.length, (block) => runner.result(TYPES_ROUND, block.id, null));
}

async function splitSlide(stage: CorrectStage, place: Int32Array, typed: SlideTypes): Promise<Corrections> {
  const { config, table, reference, runner } = stage;
  const { split } = config.correct;
  const blocks = blocksOf(table);
  const plan = planSplit(table, typed, reference.types.length, split);
  const sent = sentCounts(table, plan, blocks, split.reassign);
  await runner.run(
    COUNTS_ROUND,
    'purifying counts',
    blocks.map((block, b) => ({
      id: block.id,
      kind: 'correct.split',
      weight: entriesIn(table, block),
      transcripts: 0,
      input: async () =>
        countsInput(table, reference, place, typed, plan, block, sent[b], split, config.seed),
    })),
  );
  const read = (block: Block) => runner.result(COUNTS_ROUND, block.id, null);
  return splitAnnotations(
    config.correct,
    plan,
    await correctedCounts(table, blocks, split.reassign !== 'none', read),
  );
}
