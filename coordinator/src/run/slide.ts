import type { Feature } from '@spatile/formats/bundle/slide';
import type { RunConfig } from '@spatile/formats/config/schema';
import { CONTROL_GENE } from '@spatile/formats/tile/assign';
import type { CellTable } from '../cells/table.ts';
import { OwnerGrid } from '../plan/owner.ts';
import type { TilePlan } from '../plan/plan.ts';
import type { Scan } from '../scan/scan.ts';

/** The features of a slide in output order: genes by name, then controls by name. */
export interface SlideFeatures {
  features: Feature[];
  /** Number of genes: features 0..genes-1. */
  genes: number;
  /** Kept transcripts per feature. */
  counts: Float64Array;
  /** Scan order -> slide feature. */
  fromScan: Uint32Array;
  /** Slide feature -> model gene (rank by count) or `CONTROL_GENE`. */
  modelGene: Uint32Array;
  /** Number of genes with a transcript: the model's G. */
  modelGenes: number;
}

export function slideFeatures(scan: Scan): SlideFeatures {
  const order = scan.features.map((feature, scanIndex) => ({
    feature,
    scanIndex,
    count: scan.featureCounts[scanIndex] ?? 0,
  }));
  order.sort(
    (a, b) =>
      Number(a.feature.kind !== 'gene') - Number(b.feature.kind !== 'gene') ||
      (a.feature.name < b.feature.name ? -1 : a.feature.name > b.feature.name ? 1 : 0) ||
      a.scanIndex - b.scanIndex,
  );
  const genes = order.filter(({ feature }) => feature.kind === 'gene').length;
  const fromScan = new Uint32Array(order.length);
  order.forEach(({ scanIndex }, index) => {
    fromScan[scanIndex] = index;
  });
  const seen = order
    .slice(0, genes)
    .map((entry, index) => ({ index, count: entry.count }))
    .filter(({ count }) => count > 0);
  seen.sort((a, b) => b.count - a.count || a.index - b.index);
  const modelGene = new Uint32Array(order.length).fill(CONTROL_GENE);
  seen.forEach(({ index }, rank) => {
    modelGene[index] = rank;
  });
  return {
    features: order.map(({ feature }) => feature),
    genes,
    counts: Float64Array.from(order, ({ count }) => count),
    fromScan,
    modelGene,
    modelGenes: seen.length,
  };
}

/** Slide feature of each gene of the model. */
export function featuresByGene({
  modelGene,
  modelGenes,
}: Pick<SlideFeatures, 'modelGene' | 'modelGenes'>): Uint32Array {
  const out = new Uint32Array(modelGenes);
  modelGene.forEach((gene, feature) => {
    if (gene < modelGenes) out[gene] = feature;
  });
  return out;
}

/** Everything about a slide that stages on the coordinator's side look up; fixed once the plan is made. */
export interface SlideContext {
  config: RunConfig;
  scan: Scan;
  features: SlideFeatures;
  cells: CellTable;
  plan: TilePlan;
  owner: OwnerGrid;
  /** Owner tile of cell k at entry k - 1. */
  ownerOfCell: Uint32Array;
}

/** Joins what is known of a slide once it is planned. */
export function slideContext(config: RunConfig, scan: Scan, cells: CellTable, plan: TilePlan): SlideContext {
  const owner = new OwnerGrid(
    plan.extent,
    plan.latticeUm,
    plan.tiles.map(({ core }) => core),
  );
  const ownerOfCell = Uint32Array.from(cells.seedX, (x, i) => owner.ownerOf(x, cells.seedY[i]));
  return { config, scan, features: slideFeatures(scan), cells, plan, owner, ownerOfCell };
}

/**
 * Slide cell (1-based) of the k-th vendor cell of the scan; 0 where it is not a cell of this run. All 0 when the cells are
 * the user's own: an id that both use is a coincidence.
 */
export function cellIndexFromScan(scan: Scan, cells: CellTable): Uint32Array {
  if (!cells.fromBundle) return new Uint32Array(scan.cellIds.length);
  const byId = new Map(cells.priorId.map((id, i) => [id, i + 1]));
  return Uint32Array.from(scan.cellIds, (id) => byId.get(id) ?? 0);
}
