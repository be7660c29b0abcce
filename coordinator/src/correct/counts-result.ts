import type { CsrBlock, CsrBlocks } from '@spatile/formats/spatialdata/write';
import { type CountedCells, readCounted } from '@spatile/formats/tile/correct';
import type { Frame } from '@spatile/formats/tile/frame';
import { type Block, type CountTable, startOf } from './count-table.ts';

/** Corrected counts of a slide, read block by block when they are written. */
export interface CorrectedCounts {
  layers: Record<string, CsrBlocks>;
  /** Corrected transcripts of each cell. */
  correctedTotal: Float64Array;
  /** Transcripts of each gene before, and after. */
  geneBefore: Float64Array;
  geneAfter: Float64Array;
}

/** One row of the results: corrected values of the entries of the table, and what the cell received. */
interface RowResult {
  corrected: Float32Array;
  receivedGene: Uint32Array;
  receivedValue: Float32Array;
}

type Row = (table: CountTable, row: number, result: RowResult) => [gene: number, value: number][];

/**
 * The layers of a corrected slide: `counts_corrected` and `counts_removed`, which add up to the counts entry by entry, and
 * with reassignment `counts_reassigned`. One pass over the results now, one for each layer when it is written; memory is
 * that of a block.
 */
export async function correctedCounts(
  table: CountTable,
  blocks: readonly Block[],
  reassigned: boolean,
  read: (block: Block) => Promise<Frame>,
): Promise<CorrectedCounts> {
  const genes = table.geneNames.length;
  const cells = table.indptr.length - 1;
  const out = {
    correctedTotal: new Float64Array(cells),
    geneBefore: new Float64Array(genes),
    geneAfter: new Float64Array(genes),
  };
  const nonZero = { corrected: 0, removed: 0, reassigned: 0 };
  for (const block of blocks) {
    const counted = readCounted(await read(block));
    const first = startOf(table, block.from);
    for (let row = block.from; row < block.to; row++) {
      for (let e = startOf(table, row); e < startOf(table, row + 1); e++) {
        const value = counted.corrected[e - first];
        out.correctedTotal[row] += value;
        out.geneBefore[table.indices[e]] += table.data[e];
        out.geneAfter[table.indices[e]] += value;
        if (value > 0) nonZero.corrected++;
        if (value < table.data[e]) nonZero.removed++;
      }
    }
    if (reassigned) nonZero.reassigned += blockOf(table, block, counted, reassignedRow).data.length;
  }
  const layer = (entries: number, row: Row): CsrBlocks => ({
    rows: cells,
    nonZero: entries,
    blocks: async function* () {
      for (const block of blocks) yield blockOf(table, block, readCounted(await read(block)), row);
    },
  });
  return {
    ...out,
    layers: {
      counts_corrected: layer(nonZero.corrected, correctedRow),
      counts_removed: layer(nonZero.removed, removedRow),
      ...(reassigned ? { counts_reassigned: layer(nonZero.reassigned, reassignedRow) } : {}),
    },
  };
}

function blockOf(table: CountTable, block: Block, counted: CountedCells, row: Row): CsrBlock {
  const length = new Uint32Array(block.to - block.from);
  const indices: number[] = [];
  const data: number[] = [];
  let received = 0;
  for (let i = 0; i < length.length; i++) {
    const end = received + counted.received.length[i];
    const entries = row(table, block.from + i, {
      corrected: rowValues(table, block, i, counted),
      receivedGene: counted.received.gene.subarray(received, end),
      receivedValue: counted.received.value.subarray(received, end),
    });
    received = end;
    length[i] = entries.length;
    for (const [gene, value] of entries) {
      indices.push(gene);
      data.push(value);
    }
  }
  return { length, indices: Int32Array.from(indices), data: Float32Array.from(data) };
}

/** Corrected values of the entries of row i of a block. */
function rowValues(table: CountTable, block: Block, i: number, { corrected }: CountedCells): Float32Array {
  const first = startOf(table, block.from);
  return corrected.subarray(
    startOf(table, block.from + i) - first,
    startOf(table, block.from + i + 1) - first,
  );
}

const correctedRow: Row = (table, row, { corrected }) => {
  const start = startOf(table, row);
  return Array.from(corrected, (value, e): [number, number] => [table.indices[start + e], value]).filter(
    ([, value]) => value > 0,
  );
};

const removedRow: Row = (table, row, { corrected }) => {
  const start = startOf(table, row);
  return Array.from(corrected, (value, e): [number, number] => [
    table.indices[start + e],
    table.data[start + e] - value,
  ]).filter(([, value]) => value > 0);
};

/** What stayed and what neighbours gave, by gene. */
const reassignedRow: Row = (table, row, result) => {
  const sums = new Map(correctedRow(table, row, result));
  result.receivedGene.forEach((gene, e) => {
    sums.set(gene, Math.fround((sums.get(gene) ?? 0) + result.receivedValue[e]));
  });
  return [...sums].sort(([a], [b]) => a - b);
};
