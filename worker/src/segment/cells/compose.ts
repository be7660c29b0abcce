import { growLabels } from '../../raster/distance.ts';
import type { OrderedInstances } from '../order.ts';
import { interiorCells } from './interior.ts';
import { linkNuclei } from './link.ts';

/** Cells of a tile: every cell has an outline, its nuclei and the way its outline was found. */
export interface Cells {
  /** Label rasters: nuclei and outlines by cell, 1..n; a cell without nucleus has outline pixels only. */
  nuclei: Int32Array;
  outlines: Int32Array;
  /** Index into `CELL_METHODS` by cell. */
  method: Uint8Array;
  /** Nuclei of each cell. */
  nucleusCount: Uint16Array;
  scores: Float32Array;
}

export const METHOD_NUCLEUS = 0;
export const METHOD_EXPANSION = 1;
export const METHOD_BOUNDARY = 2;
export const METHOD_INTERIOR = 3;
export const METHOD_IMAGE = 4;

/** Whole cells as the image method found them. */
export function cellsOfImage({ labels, scores }: OrderedInstances): Cells {
  return {
    nuclei: new Int32Array(labels.length),
    outlines: labels,
    method: new Uint8Array(scores.length).fill(METHOD_IMAGE),
    nucleusCount: new Uint16Array(scores.length),
    scores,
  };
}

export interface ComposeInput {
  rows: number;
  columns: number;
  nuclei: OrderedInstances;
  /** Cells of the boundary stain; null without. */
  boundary: OrderedInstances | null;
  /** Where the interior stain is, as bytes; null without. */
  interior: Uint8Array | null;
  expandPx: number;
  interiorPx: number;
}

/**
 * Turns nuclei into cells by the first source that applies: the outline on the boundary stain, the interior stain around the
 * nucleus, growth by a fixed distance. An earlier source never loses a pixel to a later one; nearest nucleus first, ties to
 * the lower label. (The order of the Xenium multimodal segmentation, as 10x Genomics describes it.)
 */
export function composeCells(input: ComposeInput): Cells {
  const { rows, columns, expandPx, interiorPx } = input;
  const linked = linkNuclei(input.nuclei, input.boundary);
  const { nuclei, outlines, method } = linked;
  if (input.interior !== null) interiorCells(linked, input.interior, columns, rows, interiorPx);
  // Whoever has an outline already stands still; the others grow around them.
  const still = new Int32Array(nuclei.length);
  for (let i = 0; i < still.length; i++) {
    const cell = outlines[i];
    still[i] = cell > 0 ? -cell : nuclei[i];
  }
  const grown = growLabels(still, columns, rows, Math.floor(expandPx * expandPx));
  const expanded = expandPx > 0 ? METHOD_EXPANSION : METHOD_NUCLEUS;
  for (let k = 0; k < method.length; k++) if (method[k] === METHOD_NUCLEUS) method[k] = expanded;
  return { ...linked, outlines: grown };
}
