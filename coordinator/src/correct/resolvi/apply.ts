import type { CountedCells } from '@spatile/formats/tile/correct';
import { readCounted } from '@spatile/formats/tile/correct';
import type { Frame } from '@spatile/formats/tile/frame';
import { attributeFrame, type Encoded, encodeFrame, readEncoded } from '@spatile/formats/tile/resolvi';
import { BLOCK_WEIGHT, type Block, blocksOf } from '../blocks.ts';
import { rowsOfBlock } from '../counts/table.ts';
import type { CorrectStage } from '../method.ts';
import type { ResolviSlide } from './slide.ts';
import type { Learned } from './training.ts';

const STATES_ROUND = 'correct-resolvi-states';
const COUNTS_ROUND = 'correct-resolvi-counts';

/** States, shares and chances of labels of all cells of the table. Errors: those of the rounds. */
export async function encodeSlide(
  { config, table, runner }: CorrectStage,
  { size }: ResolviSlide,
  { parameters }: Learned,
): Promise<Encoded> {
  const { provider } = config.correct.resolvi;
  const blocks = blocksOf(table.cells);
  await runner.run(
    STATES_ROUND,
    'encoding cells',
    blocks.map((block) => ({
      id: block.id,
      kind: 'correct.resolvi.encode',
      weight: BLOCK_WEIGHT,
      transcripts: 0,
      input: async () =>
        encodeFrame({ size, provider, parameters, cells: await rowsOfBlock(table, block, null) }),
    })),
  );
  const out: Encoded = {
    state: new Float32Array(table.cells * size.latent),
    shares: new Float32Array(table.cells * 3),
    labels: new Float32Array(size.supervised ? table.cells * size.components : 0),
  };
  for (const block of blocks) {
    const part = readEncoded(await runner.result(STATES_ROUND, block.id, null));
    out.state.set(part.state, block.from * size.latent);
    out.shares.set(part.shares, block.from * 3);
    if (size.supervised) out.labels.set(part.labels, block.from * size.components);
  }
  return out;
}

/** Corrects the counts block by block; what reads a block of the result. Errors: those of the rounds. */
export async function attributeSlide(
  stage: CorrectStage,
  slide: ResolviSlide,
  learned: Learned,
  encoded: Encoded,
): Promise<(block: Block) => Promise<CountedCells>> {
  const { table, runner } = stage;
  await runner.run(
    COUNTS_ROUND,
    'attributing counts',
    blocksOf(table.cells).map((block) => ({
      id: block.id,
      kind: 'correct.resolvi.attribute',
      weight: BLOCK_WEIGHT,
      transcripts: 0,
      input: () => attributeInput(stage, slide, learned, encoded, block),
    })),
  );
  return async (block) => readCounted(await runner.result(COUNTS_ROUND, block.id, null));
}

async function attributeInput(
  { config, table }: CorrectStage,
  { size, priors, nearest, place }: ResolviSlide,
  { parameters, logit }: Learned,
  encoded: Encoded,
  block: Block,
): Promise<Frame> {
  const { latent } = size;
  const { count } = nearest;
  const n = block.to - block.from;
  const used = new Uint8Array(n);
  const neighbourState = new Float32Array(n * count * latent);
  const distance = new Float32Array(n * count);
  const logits = new Float32Array(n * count);
  for (let i = 0; i < n; i++) {
    const at = place[block.from + i];
    if (at < 0) continue;
    used[i] = 1;
    distance.set(nearest.distance.subarray(at * count, (at + 1) * count), i * count);
    logits.set(logit.subarray(at * count, (at + 1) * count), i * count);
    for (let k = 0; k < count; k++) {
      const other = nearest.row[at * count + k];
      neighbourState.set(
        encoded.state.subarray(other * latent, (other + 1) * latent),
        (i * count + k) * latent,
      );
    }
  }
  return attributeFrame({
    size,
    provider: config.correct.resolvi.provider,
    medianDistance: priors.medianDistance,
    parameters,
    cells: await rowsOfBlock(table, block, null),
    used,
    state: encoded.state.slice(block.from * latent, block.to * latent),
    neighbourState,
    shares: encoded.shares.slice(block.from * 3, block.to * 3),
    distance,
    logit: logits,
  });
}
