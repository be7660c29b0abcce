import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { storedCounts } from '@spatile/coordinator/correct/counts/stored';
import { readAnnotation } from '@spatile/formats/spatialdata/read';
import { exp } from '@spatile/random/elementary';
import { RandomStream } from '@spatile/random/stream';
import type { MeasuredRun, Workbench } from '../../workbench.ts';
import { drawMixtures } from '../mixtures.ts';
import { writeLikelihoods } from './likelihood-file.ts';

/** What is drawn for the comparison with the originals. */
export interface ComparedSlide {
  types: number;
  genes: number;
  transcripts: number;
  seed: number;
}

/** Files that spatile and the originals both start from. */
export interface ComparedData {
  /** The slide's own result, not corrected. */
  plain: MeasuredRun;
  /** Folder of `slide` and `reference` (matrix.mtx, features.tsv, barcodes.tsv), `places.csv`, `labels.csv` and `likelihood.bin`. */
  folder: string;
}

/** Labelled cells of each type in the reference. */
export const CELLS_PER_TYPE = 100;
const REFERENCE_COUNTS = 1000;
/** Standard deviation of ln of the factor by which a gene is seen more or less in the reference than on the slide. */
const PLATFORM = 0.3;
const RUN = ['--assign', 'expand', '--seed', '1', '--workers', '1'];

/** Simulates a slide of random profiles and labelled cells of the same on another platform, and writes both as Matrix Market. */
export async function compareData(workbench: Workbench, of: ComparedSlide): Promise<ComparedData> {
  const { types, genes, transcripts, seed } = of;
  const { shares } = drawMixtures(types, genes, 0, 1, seed);
  const names = Array.from({ length: genes }, (_, j) => `G${j}`);
  const folder = join(workbench.folder, 'originals');
  mkdirSync(join(folder, 'reference'), { recursive: true });
  const profiles = join(folder, 'profiles.csv');
  const rows = Array.from({ length: types }, (_, k) =>
    [`type_${k}`, ...shares.subarray(k * genes, (k + 1) * genes)].join(','),
  );
  writeFileSync(profiles, `cell_type,${names.join(',')}\n${rows.join('\n')}\n`);
  const slide = await workbench.slide({ reference: profiles, transcripts, seed });
  const plain = await workbench.result(slide, RUN);
  writeReference(folder, names, shares, of);
  const largest = await writeCounts(folder, plain.zarr);
  writeLikelihoods(join(folder, 'likelihood.bin'), largest + 4);
  return { plain, folder };
}

function writeReference(
  folder: string,
  names: readonly string[],
  shares: Float64Array,
  of: ComparedSlide,
): void {
  const platform = new RandomStream(of.seed, 'bench.platform');
  const factors = names.map(() => exp(PLATFORM * platform.normal()));
  const lines: string[] = [];
  const labels: string[] = [];
  for (let cell = 0; cell < of.types * CELLS_PER_TYPE; cell++) {
    const random = new RandomStream(of.seed, 'bench.reference', cell);
    const type = cell % of.types;
    const size = REFERENCE_COUNTS * random.gamma(4) * 0.25;
    labels.push(`r${cell},type_${type}`);
    for (let j = 0; j < of.genes; j++) {
      const count = random.poisson(size * factors[j] * shares[type * of.genes + j]);
      if (count > 0) lines.push(`${j + 1} ${cell + 1} ${count}`);
    }
  }
  const cells = labels.map((_, cell) => `r${cell}`);
  writeMatrix(join(folder, 'reference'), names, cells, lines);
  writeFileSync(join(folder, 'labels.csv'), `barcode,cell_type\n${labels.join('\n')}\n`);
}

/** Writes the counts of a store (`slide`, Matrix Market) and the places of its cells (`places.csv`); gives the largest count. */
export async function writeCounts(folder: string, zarr: string): Promise<number> {
  const table = await storedCounts(zarr, 'table', await readAnnotation(zarr));
  const { indices, data } = await table.rows(0, table.cells);
  const lines: string[] = [];
  for (let cell = 0; cell < table.cells; cell++)
    for (let e = table.start[cell]; e < table.start[cell + 1]; e++)
      lines.push(`${indices[e] + 1} ${cell + 1} ${data[e]}`);
  const cells = Array.from({ length: table.cells }, (_, cell) => `c${cell}`);
  mkdirSync(join(folder, 'slide'), { recursive: true });
  writeMatrix(join(folder, 'slide'), table.geneNames, cells, lines);
  const places = cells.map((cell, i) => `${cell},${table.spatial[2 * i]},${table.spatial[2 * i + 1]}`);
  writeFileSync(join(folder, 'places.csv'), `barcode,x,y\n${places.join('\n')}\n`);
  return data.reduce((a, b) => Math.max(a, b), 0);
}

function writeMatrix(
  folder: string,
  genes: readonly string[],
  cells: readonly string[],
  lines: readonly string[],
): void {
  const head = `%%MatrixMarket matrix coordinate integer general\n${genes.length} ${cells.length} ${lines.length}\n`;
  writeFileSync(join(folder, 'matrix.mtx'), `${head}${lines.join('\n')}\n`);
  writeFileSync(
    join(folder, 'features.tsv'),
    genes.map((gene) => `${gene}\t${gene}\tGene Expression\n`).join(''),
  );
  writeFileSync(join(folder, 'barcodes.tsv'), `${cells.join('\n')}\n`);
}
