import { kindOfName } from '@spatile/formats/bundle/feature-kind';
import type { Marker, MarkerCounts } from '../coexpression.ts';
import type { GeneVerdicts } from '../read/result.ts';
import { median } from '../statistics.ts';

/** What a result's cells hold, without any truth. */
export interface CellCounts {
  transcripts: {
    /** Rows of the result. */
    rows: number;
    /** Of these genes of sufficient quality, which alone count. */
    judged: number;
    /** Of these in a cell. */
    assigned: number;
  };
  /** Cells with a judged transcript. */
  cells: number;
  medianTranscripts: number | null;
  medianGenes: number | null;
  markers: MarkerCounts;
  /** Genes and controls of the result. */
  names: ReadonlySet<string>;
}

/** Features per cell; more than any panel has. */
const GENE_LIMIT = 2 ** 20;

/**
 * Counts the genes of each cell, controls left out. Memory: 24 to 48 bytes per pair of cell and gene that occurs.
 * Errors: those of the result's reader.
 */
export async function countCells(
  { names, batches }: GeneVerdicts,
  markers: readonly Marker[],
  minQv: number,
): Promise<CellCounts> {
  const pairs = new PairCounts();
  const isGene: boolean[] = [];
  const transcripts = { rows: 0, judged: 0, assigned: 0 };
  for await (const { length, cell, gene, qv } of batches()) {
    while (isGene.length < names.length) isGene.push(kindOfName(names[isGene.length]) === null);
    transcripts.rows += length;
    for (let i = 0; i < length; i++) {
      if (!isGene[gene[i]] || (qv !== null && !(qv[i] >= minQv))) continue;
      transcripts.judged++;
      if (cell[i] === 0) continue;
      transcripts.assigned++;
      pairs.add(cell[i], gene[i]);
    }
  }
  const perCell = perCellTotals(pairs);
  const codes = new Map(names.map((name, code) => [name, code]));
  return {
    transcripts,
    cells: perCell.transcripts.length,
    medianTranscripts: median(perCell.transcripts),
    medianGenes: median(perCell.genes),
    markers: markerCounts(pairs, perCell.indexOf, markers, codes),
    names: new Set(names),
  };
}

/** How often each pair of cell and gene occurs: open addressing, key 0 = free. */
class PairCounts {
  #keys = new Float64Array(1 << 12);
  #counts = new Uint32Array(1 << 12);
  #used = 0;

  add(cell: number, gene: number, n = 1): void {
    const key = cell * GENE_LIMIT + gene;
    const mask = this.#keys.length - 1;
    let slot = (Math.imul(cell, 0x9e3779b1) ^ Math.imul(gene, 0x85ebca6b)) & mask;
    while (this.#keys[slot] !== 0 && this.#keys[slot] !== key) slot = (slot + 1) & mask;
    if (this.#keys[slot] === 0) {
      this.#keys[slot] = key;
      if (2 * ++this.#used > mask) {
        this.#counts[slot] = n;
        this.#grow();
        return;
      }
    }
    this.#counts[slot] += n;
  }

  /** Pairs in no order that means anything, but the same for the same input. */
  *[Symbol.iterator](): Generator<{ cell: number; gene: number; count: number }> {
    for (let slot = 0; slot < this.#keys.length; slot++) {
      const key = this.#keys[slot];
      if (key === 0) continue;
      const cell = Math.floor(key / GENE_LIMIT);
      yield { cell, gene: key - cell * GENE_LIMIT, count: this.#counts[slot] };
    }
  }

  #grow(): void {
    const [keys, counts] = [this.#keys, this.#counts];
    this.#keys = new Float64Array(2 * keys.length);
    this.#counts = new Uint32Array(2 * keys.length);
    this.#used = 0;
    keys.forEach((key, slot) => {
      if (key === 0) return;
      const cell = Math.floor(key / GENE_LIMIT);
      this.add(cell, key - cell * GENE_LIMIT, counts[slot]);
    });
  }
}

function perCellTotals(pairs: PairCounts): {
  indexOf: Map<number, number>;
  transcripts: number[];
  genes: number[];
} {
  const indexOf = new Map<number, number>();
  const transcripts: number[] = [];
  const genes: number[] = [];
  for (const { cell, count } of pairs) {
    let index = indexOf.get(cell);
    if (index === undefined) {
      index = indexOf.size;
      indexOf.set(cell, index);
      transcripts.push(0);
      genes.push(0);
    }
    transcripts[index] += count;
    genes[index]++;
  }
  return { indexOf, transcripts, genes };
}

function markerCounts(
  pairs: PairCounts,
  indexOf: ReadonlyMap<number, number>,
  markers: readonly Marker[],
  codes: ReadonlyMap<string, number>,
): MarkerCounts {
  const markerOf = new Map(markers.map(({ gene }, marker) => [codes.get(gene) ?? -1, marker]));
  const start = new Uint32Array(indexOf.size + 1);
  for (const { cell, gene } of pairs) if (markerOf.has(gene)) start[indexOf.get(cell)! + 1]++;
  for (let cell = 0; cell < indexOf.size; cell++) start[cell + 1] += start[cell];
  const fill = start.slice();
  const counts = {
    start,
    marker: new Uint32Array(start[indexOf.size]),
    count: new Uint32Array(start[indexOf.size]),
  };
  for (const { cell, gene, count } of pairs) {
    const marker = markerOf.get(gene);
    if (marker === undefined) continue;
    const at = fill[indexOf.get(cell)!]++;
    counts.marker[at] = marker;
    counts.count[at] = count;
  }
  return counts;
}
