import type { RectUm } from '@spatile/formats/space';
import {
  CELLS_PIECE,
  COUNTS_PIECE,
  SETTLED_TILE,
  type SettledCounts,
  settledCellsIn,
  settledCountsIn,
} from '@spatile/formats/tile/settled';
import { encodeProfiles, type Profiles } from '@spatile/formats/tile/strays';
import { StoredPieces } from '../run/pieces.ts';
import { featuresByGene } from '../run/slide.ts';
import {
  contamination,
  emptyComponentCounts,
  limitOf,
  profilesOf,
  specificProfiles,
} from './proseg/ambient.ts';
import type { AssignStage } from './stage.ts';
import { BORDERS, stateName } from './states.ts';

export const NO_COMPONENT = 0xffff;

/** What the whole slide knows of its cells: memory grows with cells, with tiles, and with components x genes. */
export interface SlideCounts {
  /** By cell (cell c at c - 1); `NO_COMPONENT` without voxels. */
  component: Uint16Array;
  /** Assigned gene transcripts by cell. */
  transcripts: Uint32Array;
  /** Where the seeds of the cells lie that a tile's transcripts are in; by tile. */
  seeds: ReadonlyMap<number, RectUm>;
  /** Encoded profiles of the components, by gene of the model. */
  profiles: Uint8Array;
  /** The native ratio below which a transcript is left out. */
  limit: number;
}

type Stage = Pick<AssignStage, 'slide' | 'store' | 'busyTiles'>;

/** Adds up what workers counted of settled tiles: integer sums, so that the order of tiles does not matter. Errors: `RUN_CORRUPT`. */
export async function slideCounts(stage: Stage): Promise<SlideCounts> {
  const { slide, store, busyTiles } = stage;
  const { components, privateGenes, ambient } = slide.config.assign.proseg;
  const { genes, modelGenes } = slide.features;
  const component = new Uint16Array(slide.cells.priorId.length).fill(NO_COMPONENT);
  const transcripts = new Uint32Array(component.length);
  const tally = emptyComponentCounts(components, genes);
  const seeds = new Map<number, RectUm>();
  const others: SettledCounts['others'][] = [];
  const featureOf = featuresByGene(slide.features);
  const pieces = new StoredPieces(store, SETTLED_TILE);
  for (const tile of busyTiles) {
    const name = stateName(BORDERS, slide.plan.tiles[tile].id);
    const { frame, as } = await pieces.read(name, [CELLS_PIECE, COUNTS_PIECE]);
    const cells = settledCellsIn(frame, as[0]);
    const counts = settledCountsIn(frame, as[1]);
    cells.cell.forEach((cell, i) => {
      component[cell - 1] = cells.component[i];
      transcripts[cell - 1] += counts.own.transcripts[i];
    });
    counts.kinds.count.forEach((n, i) => {
      tally.counts[counts.kinds.component[i] * genes + featureOf[counts.kinds.gene[i]]] += n;
    });
    const { cell, gene, count } = counts.others;
    // Copied: the columns are views on all that was read of the file.
    others.push({ cell: cell.slice(), gene: gene.slice(), count: count.slice() });
    seeds.set(tile, seedsOf(slide.cells, [cells.cell, cell]));
  }
  for (const { cell, gene, count } of others) {
    cell.forEach((number, i) => {
      const k = component[number - 1];
      transcripts[number - 1] += count[i];
      if (k !== NO_COMPONENT) tally.counts[k * genes + featureOf[gene[i]]] += count[i];
    });
  }
  const profiles = modelGenes > privateGenes ? specificProfiles(tally) : profilesOf(tally);
  return {
    component,
    transcripts,
    seeds,
    profiles: encodeProfiles(byModelGene(profiles, featureOf)),
    limit: limitOf(contamination(tally, profiles), ambient),
  };
}

/** Bounding box of the seeds of some cells, edges included. */
function seedsOf({ seedX, seedY }: AssignStage['slide']['cells'], lists: readonly Uint32Array[]): RectUm {
  const box = { x0: Infinity, y0: Infinity, x1: -Infinity, y1: -Infinity };
  for (const cells of lists)
    for (const cell of cells) {
      box.x0 = Math.min(box.x0, seedX[cell - 1]);
      box.x1 = Math.max(box.x1, seedX[cell - 1]);
      box.y0 = Math.min(box.y0, seedY[cell - 1]);
      box.y1 = Math.max(box.y1, seedY[cell - 1]);
    }
  return box;
}

/** Shares of the genes of the model alone, in their order. */
function byModelGene(
  { components, genes, share, slide, weight }: Profiles,
  featureOf: Uint32Array,
): Profiles {
  const n = featureOf.length;
  return {
    components,
    genes: n,
    share: Float64Array.from(
      { length: components * n },
      (_, i) => share[Math.floor(i / n) * genes + featureOf[i % n]],
    ),
    slide: Float64Array.from(featureOf, (feature) => slide[feature]),
    weight,
  };
}
