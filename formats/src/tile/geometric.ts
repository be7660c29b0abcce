/** Settings of the geometric assign methods, sent as `meta.settings` beside the assign tile. */

interface RasterSettings {
  /** Edge of a pixel of the label raster in microns, in (0, 100]. */
  pixelSizeUm: number;
  /** Whether any transcript of the slide is flagged nuclear; without one every prior transcript counts as nuclear. */
  anyNuclear?: boolean;
  /**
   * What happens to a nucleus whose raster falls apart: `largest` keeps its largest part (the default; a label that lies in
   * several places is taken for an error of the prior), `all` keeps every part (cells that are known to own several nuclei).
   */
  parts?: 'largest' | 'all';
}

export interface NucleusSettings extends RasterSettings {
  /** `flag`: the prior id of transcripts flagged nuclear; `outline`: the nucleus a transcript lies in. */
  by: 'flag' | 'outline';
}

export interface ExpandSettings extends RasterSettings {
  /** How far nuclei grow, in microns, >= 0. */
  distanceUm: number;
}

/**
 * Upper bound of what a worker needs for one tile of a geometric method (`layers` 1) or of the outline stage, in bytes,
 * beyond the about 120 MB of a Node process. `pixels` = pixels (voxels of one layer) of the region; cells of usual size
 * (16 KiB for the rings and runs of one).
 */
export function geometricMemoryBytes(input: {
  pixels: number;
  layers: number;
  transcripts: number;
  cells: number;
}): number {
  // One layer: labels, nearest labels, distances (10). Several: labels and transcript counts of each, and the flat map.
  const perPixel = input.layers === 1 ? 12 : 8 * input.layers + 24;
  // 26 bytes in and 15 out for a transcript, each once as a frame and once as columns.
  return input.pixels * perPixel + input.transcripts * 2 * (26 + 15) + input.cells * 16384;
}
