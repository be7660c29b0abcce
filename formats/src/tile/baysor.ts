import { SpatileError } from '../errors.ts';
import type { TileExtras } from './assign.ts';
import { type Frame, openPiece } from './frame.ts';
import { pickTables } from './tables.ts';

/** What goes into and comes out of the method `baysor` beside the frames of `assign.ts`. */

/** Settings of the mixture (defaults in `config/schema.ts`), with what the coordinator worked out of the slide. */
export interface BaysorSettings {
  /** m: transcripts of the smallest real cell, >= 1. */
  minTranscriptsPerCell: number;
  /** Expected radius of a cell and its spread, microns, > 0. */
  scaleUm: number;
  scaleSdUm: number;
  /** Trust in the prior segmentation, in [0, 1]; 0 leaves it out, 1 forbids cells across two of its segments. */
  priorConfidence: number;
  /**
   * Where segments come from: prior ids of transcripts, those flagged nuclear alone, or the outline a transcript lies in: that of
   * the nucleus, else of the cell; of the nucleus alone; of the cell, else of the nucleus.
   */
  segments: 'ids' | 'nuclear-ids' | 'outlines' | 'nucleus-outlines' | 'cell-outlines';
  /** Clusters of molecules; 1 = none. */
  clusters: number;
  iterations: number;
  mrfStrength: number;
  /** Factor on the density of a cell whose main cluster is not the molecule's, in (0, 1]. */
  clusterPenalty: number;
  /** Cells are cut to their largest connected part every n-th iteration. */
  splitEvery: number;
  /** Dimensions of the normals: 3 takes z. */
  dimensions: 2 | 3;
  /** Edge of a pixel of the raster of outlines, microns. */
  pixelSizeUm: number;
}

/** What is learned once for the slide on pilot windows and then frozen for all tiles. */
export interface BaysorModel {
  /** Two normals of the distance to the k-th neighbour in microns (real, noise), their weights, and from where on a distance is noise for good. */
  noise: { mean: [number, number]; sd: [number, number]; weight: [number, number]; cutUm: number; k: number };
  /** Median and weight-one length of the graph's edges, and from which length on an edge is no path of a cell, microns. */
  edges: { medianUm: number; unitUm: number; longestUm: number };
  /** Mean over cells of 1 / number of their genes: probability of a gene under noise. */
  noiseComposition: number;
  /** ln p_t(g), clusters x genes, row-major; empty with one cluster. */
  lnProfile: Float64Array;
}

export const BAYSOR_FIT = 'baysor-fit';
/** Discovered cells are called this plus their index in the result's `discovered` until the slide numbers them. */
export const DISCOVERED = 0x80000000;

const scalars = ({ noise, edges, noiseComposition }: BaysorModel): Record<string, unknown> => ({
  noise,
  edges,
  noiseComposition,
});

/** A model as extra meta and tables of an assign tile. */
export function baysorModelParts(model: BaysorModel): TileExtras {
  return { meta: { model: scalars(model) }, tables: { lnProfile: { value: model.lnProfile } } };
}

export function baysorModelFrom(frame: Frame): BaysorModel {
  const { lnProfile } = pickTables(frame, { lnProfile: ['value'] });
  return {
    ...(frame.meta.model as Omit<BaysorModel, 'lnProfile'>),
    lnProfile: lnProfile.value as Float64Array,
  };
}

/** The result of `assign.baysor.fit`. */
export function baysorFitFrame(model: BaysorModel, diagnostics: Record<string, number>): Frame {
  return {
    kind: BAYSOR_FIT,
    meta: { model: scalars(model), diagnostics },
    tables: { lnProfile: { value: model.lnProfile } },
  };
}

/**
 * A tile's discovered cells of at least `minTranscriptsPerCell` transcripts, ascending by (seed y, seed x): all whose seed
 * lies in the core, and those next to it (the neighbour may see that seed on this side of the edge).
 */
export interface Discovered {
  seedX: Float64Array;
  seedY: Float64Array;
  /** Model transcripts, those of the halo included. */
  transcripts: Uint32Array;
}

/** Transcripts of discovered cells that another tile may have found as well: index of the cell, input row. */
export interface SharedRows {
  index: Uint32Array;
  row: Uint32Array;
}

const DISCOVERIES = 'baysor-discoveries';
/** Name of the piece of a tile's result that says what it discovered. */
export const DISCOVERIES_PIECE = 'discoveries';

export const discoveriesFrame = (discovered: Discovered, shared: SharedRows): Frame => ({
  kind: DISCOVERIES,
  meta: {},
  tables: { discovered: { ...discovered }, shared: { ...shared } },
  bare: true,
});

/** What a tile discovered, of a piece. Errors: `RUN_CORRUPT`, also for rows of a cell that was not discovered. */
export function discoveriesIn(frame: Frame, name: string): { discovered: Discovered; shared: SharedRows } {
  const wanted = { discovered: ['seedX', 'seedY', 'transcripts'], shared: ['index', 'row'] };
  const found = pickTables(openPiece(frame, name, DISCOVERIES), wanted) as unknown as {
    discovered: Discovered;
    shared: SharedRows;
  };
  const cells = found.discovered.seedX.length;
  const wrong = found.shared.index.find((index) => index >= cells);
  if (wrong !== undefined)
    throw new SpatileError(
      'RUN_CORRUPT',
      `${name}: a transcript belongs to discovered cell ${wrong} of ${cells}; expected a result of this version; start again with --overwrite`,
    );
  return found;
}

/** Slide cells that discoveries of some tiles became: number of the tile, index there, slide cell. */
export interface DiscoveryNames {
  tile: Uint32Array;
  index: Uint32Array;
  cell: Uint32Array;
}

/** A task that settles a tile, with the names of discoveries there and around. */
export const withNames = (frame: Frame, names: DiscoveryNames): Frame => ({
  ...frame,
  tables: { ...frame.tables, names: { ...names } },
});

/** Errors: `RUN_CORRUPT` when there are none. */
export const namesIn = (frame: Frame): DiscoveryNames =>
  pickTables(frame, { names: ['tile', 'index', 'cell'] }).names as unknown as DiscoveryNames;

/**
 * Upper bound in bytes of what one tile needs in a worker beyond its process base; `transcripts` and `cells` of the padded
 * tile, `pixels` of its raster. Counts of genes are kept by cell and gene that occur, so the panel enters only by the
 * profiles of clusters.
 */
export function baysorMemoryBytes(input: {
  pixels: number;
  transcripts: number;
  cells: number;
  genes: number;
  clusters: number;
}): number {
  const { pixels, transcripts, cells, genes, clusters } = input;
  return Math.ceil(
    transcripts * (560 + 8 * clusters) + pixels * 16 + cells * 16384 + genes * clusters * 24 + 16 * 2 ** 20,
  );
}
