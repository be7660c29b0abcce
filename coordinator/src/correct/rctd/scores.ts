import type { CsrBlock, CsrBlocks } from '@spatile/formats/spatialdata/write';
import type { ScoredCells } from '@spatile/formats/tile/correct';
import { type Block, blocksOf } from '../blocks.ts';

/** The scores of a block of cells, where the slide was typed in mode doublet. */
export type ReadScores = (block: Block) => Promise<ScoredCells>;

/** Candidates of one cell. */
export interface CellScores {
  type: Uint16Array;
  single: Float32Array;
  pair: Float32Array;
}

/** The scores cell by cell. */
export function* scoresByCell({ length, type, single, pair }: ScoredCells): Generator<CellScores> {
  let [at, pairAt] = [0, 0];
  for (const n of length) {
    const pairs = (n * (n - 1)) / 2;
    yield {
      type: type.subarray(at, at + n),
      single: single.subarray(at, at + n),
      pair: pair.subarray(pairAt, pairAt + pairs),
    };
    at += n;
    pairAt += pairs;
  }
}

/**
 * `singlet_scores` and `score_mat` of RCTD as sparse matrices of all cells: a score of each candidate alone in the column of
 * its type, and of each pair a < b in column a x types + b. They are read block by block when they are written.
 */
export async function scoreMatrices(
  cells: number,
  types: number,
  read: ReadScores,
): Promise<Record<'rctd_singlet_scores' | 'rctd_score_mat', CsrBlocks & { columns: number }>> {
  const blocks = blocksOf(cells);
  let [singles, pairs] = [0, 0];
  for (const block of blocks) {
    const { single, pair } = await read(block);
    singles += single.length;
    pairs += pair.length;
  }
  const matrix = (
    nonZero: number,
    columns: number,
    rows: (scored: ScoredCells) => CsrBlock,
  ): CsrBlocks & { columns: number } => ({
    rows: cells,
    columns,
    nonZero,
    blocks: async function* () {
      for (const block of blocks) yield rows(await read(block));
    },
  });
  return {
    rctd_singlet_scores: matrix(singles, types, ({ length, type, single }) => ({
      length,
      indices: Int32Array.from(type),
      data: single,
    })),
    rctd_score_mat: matrix(pairs, types * types, (scored) => pairRows(scored, types)),
  };
}

function pairRows(scored: ScoredCells, types: number): CsrBlock {
  const indices = new Int32Array(scored.pair.length);
  let at = 0;
  for (const { type } of scoresByCell(scored))
    for (let a = 0; a < type.length; a++)
      for (let b = a + 1; b < type.length; b++) indices[at++] = type[a] * types + type[b];
  return { length: scored.length.map((n) => (n * (n - 1)) / 2), indices, data: scored.pair };
}
