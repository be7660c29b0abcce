import { type Factors, labelFrame, readLabels } from '@spatile/formats/tile/celladmix';
import { ln } from '@spatile/random/elementary';
import { BLOCK_WEIGHT, type Block, blocksOf } from '../blocks.ts';
import type { CorrectStage } from '../method.ts';
import { moleculesOf } from './molecules.ts';

const LABELS_ROUND = 'correct-celladmix-labels';

/**
 * What each gene says of each factor: ln of the probability of the factor given the gene when all factors are alike frequent,
 * never less than `leastShare`; 0 for genes of no factor. Genes x factors.
 */
export function potentialsOf({ loadings, factors }: Factors, leastShare: number): Float32Array {
  const out = new Float32Array(loadings.length);
  for (let at = 0; at < loadings.length; at += factors) {
    let sum = 0;
    for (let f = 0; f < factors; f++) sum += loadings[at + f];
    // Below this a gene was in no neighbourhood.
    if (sum < 1e-10) continue;
    for (let f = 0; f < factors; f++) out[at + f] = ln(Math.max(leastShare, loadings[at + f] / sum));
  }
  return out;
}

/** Labels of a slide, read block by block. */
export interface SlideLabels {
  factors: number;
  /** Molecules of each factor by cell, cells x factors. */
  counts: Uint32Array;
  /** Labels of the molecules of a block, in the order of its transcripts. */
  ofBlock(block: Block): Promise<Uint8Array>;
}

/** Labels the molecules of all cells. Errors: those of the round. */
export async function labelSlide(stage: CorrectStage, model: Factors): Promise<SlideLabels> {
  const { config, table, transcripts, runner } = stage;
  const { graph, sameLabel, sweeps, fewest, leastShare } = config.correct.celladmix;
  const { factors } = model;
  const potentials = potentialsOf(model, leastShare);
  const settings = { factors, neighbours: graph, bond: ln(sameLabel), sweeps, fewest };
  const blocks = blocksOf(table.cells);
  await runner.run(
    LABELS_ROUND,
    'labelling transcripts',
    blocks.map((block) => ({
      id: block.id,
      kind: 'correct.celladmix.label',
      weight: BLOCK_WEIGHT,
      transcripts: 0,
      input: async () =>
        labelFrame({ cells: moleculesOf(await transcripts!.ofBlock(block)), potentials, settings }),
    })),
  );
  const read = async ({ id }: Block) => readLabels(await runner.result(LABELS_ROUND, id, null));
  const counts = new Uint32Array(table.cells * factors);
  for (const block of blocks) counts.set((await read(block)).counts, block.from * factors);
  return { factors, counts, ofBlock: async (block) => (await read(block)).factor };
}
