import type { ReferenceProfiles } from '@spatile/formats/reference/read';
import { readModel, readScored, type TypeModel, typesFrame } from '@spatile/formats/tile/correct';
import type { Frame } from '@spatile/formats/tile/frame';
import { BLOCK_WEIGHT, type Block, blocksOf } from '../blocks.ts';
import { rowsOfBlock } from '../counts/table.ts';
import { invalidMethods } from '../invalid.ts';
import type { CorrectMethod, CorrectStage } from '../method.ts';
import { typeAnnotations } from './annotations.ts';
import { collectTypes, type SlideTypes } from './cell-types.ts';
import { groupsOf } from './classes.ts';
import { fitInput, sharedPlaces, slideSums } from './fit.ts';
import { type ReadScores, scoreMatrices } from './scores.ts';

const FIT_ROUND = 'correct-rctd-fit';
const FIT_TASK = 'slide';
const TYPES_ROUND = 'correct-rctd-types';

/** Weights and classes of cell types (RCTD, Cable et al., Nat Biotechnol 40:517, 2022). */
export const rctd: CorrectMethod = {
  name: 'rctd',
  takes: { reference: true, transcripts: false },
  check({ reference }) {
    if (reference.file === null)
      throw invalidMethods(
        'rctd has no reference',
        'labelled cells or profiles',
        'name them with correct.reference.file',
      );
  },
  async run(stage) {
    const { table, config } = stage;
    const reference = stage.reference!;
    const place = sharedPlaces(reference, table.geneNames.length);
    const model = await fitSlide(stage, reference, place);
    const typed = await typeSlide(stage, reference, place, model);
    const scores: ReadScores = async (block) => readScored(await typedBlock(stage, block));
    const matrices =
      config.correct.rctd.mode === 'doublet'
        ? await scoreMatrices(table.cells, reference.types.length, scores)
        : {};
    return {
      added: typeAnnotations(table, config.correct, reference, model, typed, matrices),
      types: { names: reference.types, typed, scores },
      counts: null,
    };
  },
};

async function fitSlide(
  { config, table, runner }: CorrectStage,
  reference: ReferenceProfiles,
  place: Int32Array,
): Promise<TypeModel> {
  await runner.run(FIT_ROUND, 'fitting cell types', [
    {
      id: FIT_TASK,
      kind: 'correct.rctd.fit',
      weight: 1,
      transcripts: 0,
      input: async () => {
        const sums = await slideSums(table, place, reference.genes.length, config.correct);
        return fitInput(table, reference, place, sums, config.correct, config.seed);
      },
    },
  ]);
  return readModel(await runner.result(FIT_ROUND, FIT_TASK, null));
}

const typedBlock = ({ runner }: CorrectStage, block: Block): Promise<Frame> =>
  runner.result(TYPES_ROUND, block.id, null);

async function typeSlide(
  stage: CorrectStage,
  reference: ReferenceProfiles,
  place: Int32Array,
  model: TypeModel,
): Promise<SlideTypes> {
  const { config, table, runner } = stage;
  const blocks = blocksOf(table.cells);
  const groupOf = groupsOf(reference.types, config.correct.rctd.classes);
  const { mode, umiMin, umiMax, countsMin, confidence, doublet, maxTypes } = config.correct.rctd;
  const settings = { mode, umiMin, umiMax, countsMin, confidence, doublet, maxTypes };
  await runner.run(
    TYPES_ROUND,
    'typing cells',
    blocks.map((block) => ({
      id: block.id,
      kind: 'correct.rctd',
      weight: BLOCK_WEIGHT,
      transcripts: 0,
      input: async () =>
        typesFrame({ model, groupOf, settings, cells: await rowsOfBlock(table, block, place) }),
    })),
  );
  return collectTypes(blocks, reference.types.length, (block) => typedBlock(stage, block));
}
