import type { CellMolecules } from '@spatile/formats/tile/celladmix';
import { type Block, blockAt, blockOf } from '../blocks.ts';
import type { CountTable } from '../counts/table.ts';
import type { BlockTranscripts, CellTranscripts } from '../transcripts/source.ts';

/** Molecules of one cell; `factor` where labels were asked for. */
export interface Cell {
  row: number;
  gene: Uint32Array;
  x: Float32Array;
  y: Float32Array;
  z: Float32Array;
  factor: Uint8Array;
}

/** Molecules of a block as tasks take them. */
export const moleculesOf = ({ length, gene, x, y, z }: BlockTranscripts): CellMolecules => ({
  length,
  gene,
  x,
  y,
  z,
});

/**
 * Molecules of some cells, in the order of their rows; each block they lie in is read once.
 * @param labels of the molecules of a block; null for none.
 */
export async function readCells(
  table: CountTable,
  transcripts: CellTranscripts,
  rows: readonly number[],
  labels: ((block: Block) => Promise<Uint8Array>) | null,
): Promise<Cell[]> {
  const out: Cell[] = [];
  const sorted = [...rows].sort((a, b) => a - b);
  for (let i = 0; i < sorted.length; ) {
    const number = blockOf(sorted[i]);
    const block = blockAt(number, table.cells);
    const own = await transcripts.ofBlock(block);
    const factor = labels === null ? null : await labels(block);
    const start = new Float64Array(own.length.length + 1);
    own.length.forEach((n, c) => {
      start[c + 1] = start[c] + n;
    });
    for (; i < sorted.length && blockOf(sorted[i]) === number; i++) {
      const c = sorted[i] - block.from;
      const cut = <T extends Uint32Array | Float32Array | Uint8Array>(values: T): T =>
        values.slice(start[c], start[c + 1]) as T;
      out.push({
        row: sorted[i],
        gene: cut(own.gene),
        x: cut(own.x),
        y: cut(own.y),
        z: cut(own.z),
        factor: factor === null ? new Uint8Array(0) : cut(factor),
      });
    }
  }
  return out;
}

/** Cells one after the other, as frames hold them. */
export function packed(cells: readonly Cell[]): CellMolecules & { factor: Uint8Array } {
  const total = cells.reduce((sum, { gene }) => sum + gene.length, 0);
  const out = {
    length: Uint32Array.from(cells, ({ gene }) => gene.length),
    gene: new Uint32Array(total),
    x: new Float32Array(total),
    y: new Float32Array(total),
    z: new Float32Array(total),
    factor: new Uint8Array(total),
  };
  let at = 0;
  for (const cell of cells) {
    for (const name of ['gene', 'x', 'y', 'z', 'factor'] as const) out[name].set(cell[name], at);
    at += cell.gene.length;
  }
  return out;
}
