import { SpatileError } from '@spatile/formats/errors';
import { type RectUm, rectContains } from '@spatile/formats/space';
import {
  type AssignTile,
  assignTileFrom,
  CONTROL_GENE,
  tileSurroundings,
} from '@spatile/formats/tile/assign';
import type { Frame } from '@spatile/formats/tile/frame';
import { type BlockRows, openBlock, openGenes, ROWS_PIECE } from '@spatile/formats/tile/rows';
import { sortedByRow } from './row-order.ts';

/**
 * The tile of an assign task: its transcripts from a table, or from stored blocks, of which those in the region (half-open) are
 * taken, ascending by input row, and their features named as genes of the model.
 * Errors: `RUN_CORRUPT` when a part is missing or damaged, or parts do not fit one another.
 */
export function tileOf(frame: Frame): AssignTile {
  if (frame.tables.transcripts !== undefined) return assignTileFrom(frame);
  const rest = tileSurroundings(frame);
  const names = Object.keys(frame.pieces ?? {}).filter((name) => name.startsWith(ROWS_PIECE));
  const blocks = names.map((name) => openBlock(frame, name));
  return { ...rest, transcripts: transcriptsOf(blocks, openGenes(frame), rest.meta) };
}

function transcriptsOf(
  blocks: readonly BlockRows[],
  modelGene: Uint32Array,
  { tile, region, genes }: AssignTile['meta'],
): AssignTile['transcripts'] {
  const found = rowsInside(blocks, region);
  const sources = sortedByRow(found.rows, found.sources);
  const total = blocks.reduce((sum, { row }) => sum + row.length, 0);
  const take = <Name extends keyof BlockRows>(name: Name, out: BlockRows[Name], all: BlockRows[Name]) => {
    let at = 0;
    for (const block of blocks) {
      (all as Uint8Array).set(block[name] as Uint8Array, at);
      at += block[name].length;
    }
    for (let i = 0; i < sources.length; i++) out[i] = all[sources[i]];
    return out;
  };
  const n = sources.length;
  const words = (name: 'row' | 'feature' | 'prior'): Uint32Array =>
    take(name, new Uint32Array(n), new Uint32Array(total));
  const reals = (name: 'x' | 'y' | 'z'): Float32Array =>
    take(name, new Float32Array(n), new Float32Array(total));
  const row = words('row');
  for (let i = 1; i < n; i++) if (row[i] === row[i - 1]) throw corrupt(tile, `row ${row[i]} is there twice`);
  return {
    row,
    x: reals('x'),
    y: reals('y'),
    z: reals('z'),
    gene: genesOf(words('feature'), modelGene, tile, genes),
    prior: words('prior'),
    nuclear: take('nuclear', new Uint8Array(n), new Uint8Array(total)),
  };
}

/** Rows in a rectangle, and where they lie among those of all blocks, one block after the other. */
function rowsInside(blocks: readonly BlockRows[], rect: RectUm): { rows: Uint32Array; sources: Uint32Array } {
  let n = 0;
  for (const { x, y } of blocks) for (let i = 0; i < x.length; i++) if (rectContains(rect, x[i], y[i])) n++;
  const rows = new Uint32Array(n);
  const sources = new Uint32Array(n);
  let [at, first] = [0, 0];
  for (const { row, x, y } of blocks) {
    for (let i = 0; i < x.length; i++) {
      if (!rectContains(rect, x[i], y[i])) continue;
      rows[at] = row[i];
      sources[at++] = first + i;
    }
    first += row.length;
  }
  return { rows, sources };
}

/** Model genes instead of features, in place. */
function genesOf(features: Uint32Array, modelGene: Uint32Array, tile: string, genes: number): Uint32Array {
  for (const gene of modelGene)
    if (gene >= genes && gene !== CONTROL_GENE) throw corrupt(tile, `gene ${gene} of ${genes} is named`);
  for (let i = 0; i < features.length; i++) {
    if (features[i] >= modelGene.length)
      throw corrupt(tile, `feature ${features[i]} of ${modelGene.length} is named`);
    features[i] = modelGene[features[i]];
  }
  return features;
}

const corrupt = (tile: string, what: string): SpatileError =>
  new SpatileError(
    'RUN_CORRUPT',
    `tile ${tile}: its transcripts do not fit one another (${what}); expected blocks of one slide, each once; delete the run directory and start again`,
  );
