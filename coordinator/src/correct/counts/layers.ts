import type { CsrBlock, CsrBlocks } from '@spatile/formats/spatialdata/write';
import type { CountedCells } from '@spatile/formats/tile/correct';
import type { Corrections } from '../annotations.ts';
import { type Block, blocksOf } from '../blocks.ts';
import type { MethodCounts } from '../method.ts';
import type { MarkerMixing } from '../mixing.ts';
import type { CountRows, CountTable } from './table.ts';

/** Corrected counts of a slide, and their sums. */
export interface CorrectedCounts {
  /** `corrected` and `removed`, which add up to the counts; `reassigned` where cells received some. */
  layers: Record<string, CsrBlocks>;
  /** Corrected transcripts of each cell. */
  correctedTotal: Float64Array;
  /** Transcripts of each gene before, and after. */
  geneBefore: Float64Array;
  geneAfter: Float64Array;
}

/** A block of the table with what a method made of it. */
interface CorrectedBlock {
  block: Block;
  /** Entries before each row of the block. */
  start: Float64Array;
  rows: CountRows;
  counted: CountedCells;
}

/** The entries that a layer has of row i of a block, by gene. */
type Row = (block: CorrectedBlock, i: number) => [gene: number, value: number][];

/** One pass over the results now, one for each layer when it is written; memory is that of a block. */
export async function correctedCounts(
  table: CountTable,
  counts: MethodCounts,
  mixing: MarkerMixing | null,
): Promise<CorrectedCounts> {
  const genes = table.geneNames.length;
  const out = {
    correctedTotal: new Float64Array(table.cells),
    geneBefore: new Float64Array(genes),
    geneAfter: new Float64Array(genes),
  };
  const nonZero = { corrected: 0, removed: 0, reassigned: 0 };
  const blocks = blocksOf(table.cells);
  for (const block of blocks) {
    const read = await readBlock(table, counts, block);
    const { indices, data } = read.rows;
    for (let row = block.from; row < block.to; row++) {
      for (let e = read.start[row - block.from]; e < read.start[row - block.from + 1]; e++) {
        const value = read.counted.corrected[e];
        out.correctedTotal[row] += value;
        out.geneBefore[indices[e]] += data[e];
        out.geneAfter[indices[e]] += value;
        mixing?.add(row, indices[e], data[e], value);
        if (value > 0) nonZero.corrected++;
        if (value < data[e]) nonZero.removed++;
      }
    }
    if (counts.reassigned) nonZero.reassigned += layerOf(read, reassignedRow).data.length;
  }
  const layer = (entries: number, row: Row): CsrBlocks => ({
    rows: table.cells,
    nonZero: entries,
    blocks: async function* () {
      for (const block of blocks) yield layerOf(await readBlock(table, counts, block), row);
    },
  });
  return {
    ...out,
    layers: {
      corrected: layer(nonZero.corrected, correctedRow),
      removed: layer(nonZero.removed, removedRow),
      ...(counts.reassigned ? { reassigned: layer(nonZero.reassigned, reassignedRow) } : {}),
    },
  };
}

/** What corrected counts add to a table: layers `<prefix>_corrected`, `<prefix>_removed`, and totals under the method's name. */
export function countAnnotations(
  method: string,
  prefix: string,
  counts: CorrectedCounts,
  mixing: MarkerMixing | null,
): Corrections {
  const sum = (values: Float64Array): number => values.reduce((a, b) => a + b, 0);
  return {
    obs: [{ name: `${method}_counts`, kind: 'float32', values: Float32Array.from(counts.correctedTotal) }],
    obsm: {},
    uns: {
      [`${method}_counts`]: {
        layer: `${prefix}_corrected`,
        transcripts: sum(counts.geneBefore),
        kept: sum(counts.geneAfter),
        gene_before: Array.from(counts.geneBefore),
        gene_after: Array.from(counts.geneAfter),
        ...(mixing === null ? {} : { mixing: mixing.stored() }),
      },
    },
    layers: Object.fromEntries(
      Object.entries(counts.layers).map(([name, layer]) => [`${prefix}_${name}`, layer]),
    ),
    warnings: [],
  };
}

async function readBlock(table: CountTable, counts: MethodCounts, block: Block): Promise<CorrectedBlock> {
  const { from, to } = block;
  const first = table.start[from];
  return {
    block,
    start: table.start.slice(from, to + 1).map((entry) => entry - first),
    rows: await table.rows(from, to),
    counted: await counts.read(block),
  };
}

function layerOf(read: CorrectedBlock, row: Row): CsrBlock {
  const length = new Uint32Array(read.block.to - read.block.from);
  const indices: number[] = [];
  const data: number[] = [];
  for (let i = 0; i < length.length; i++) {
    const entries = row(read, i);
    length[i] = entries.length;
    for (const [gene, value] of entries) {
      indices.push(gene);
      data.push(value);
    }
  }
  return { length, indices: Int32Array.from(indices), data: Float32Array.from(data) };
}

/** Entries of row i by what `value` says of each; those of 0 are left out. */
function entriesOf(
  { start, rows }: CorrectedBlock,
  i: number,
  value: (e: number) => number,
): [gene: number, value: number][] {
  const out: [number, number][] = [];
  for (let e = start[i]; e < start[i + 1]; e++) {
    const amount = value(e);
    if (amount > 0) out.push([rows.indices[e], amount]);
  }
  return out;
}

const correctedRow: Row = (read, i) => entriesOf(read, i, (e) => read.counted.corrected[e]);

const removedRow: Row = (read, i) => entriesOf(read, i, (e) => read.rows.data[e] - read.counted.corrected[e]);

/** What stayed and what neighbours gave, by gene. */
const reassignedRow: Row = (read, i) => {
  const { length, gene, value } = read.counted.received;
  const sums = new Map(correctedRow(read, i));
  let at = 0;
  for (let before = 0; before < i; before++) at += length[before];
  for (let e = at; e < at + length[i]; e++)
    sums.set(gene[e], Math.fround((sums.get(gene[e]) ?? 0) + value[e]));
  return [...sums].sort(([a], [b]) => a - b);
};
