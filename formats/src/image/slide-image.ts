import type { Affine } from '../space.ts';
import type { PackedWindow, PixelRect } from './packed.ts';

/** One level of an image: pixel (i, j) covers `[i*factor, (i+1)*factor)` of the full resolution. */
export interface ImageLevel {
  widthPx: number;
  heightPx: number;
  factor: number;
  /** Bytes of its largest block, decoded; a third of what decoding takes where that is more. */
  blockBytes: number;
}

/** An image that is read in windows, whatever its format: opened and described, never decoded here. */
export interface SlideImage {
  name: string;
  /** Unique names. */
  channels: readonly string[];
  /** Full resolution first. */
  levels: readonly ImageLevel[];
  /** Maps pixels (column, row) of the full resolution to microns. */
  pixelToUm: Affine;
  /**
   * The compressed blocks of one channel that touch a window, which must lie inside the level.
   * Errors: `IMAGE_INVALID`, `INPUT_UNREADABLE`.
   */
  pack(level: number, channel: number, window: PixelRect): Promise<PackedWindow>;
  close(): Promise<void>;
}

/** Whole-number factor of a level against the full resolution, or null when the two do not fit. */
export function levelFactor(fullPx: [number, number], levelPx: [number, number]): number | null {
  const factor = Math.round(Math.max(fullPx[0] / levelPx[0], fullPx[1] / levelPx[1]));
  const fits = (full: number, level: number): boolean => Math.abs(full / factor - level) < 1;
  return factor >= 2 && fits(fullPx[0], levelPx[0]) && fits(fullPx[1], levelPx[1]) ? factor : null;
}

/** Side of a pixel in microns, from the area it maps to. */
export function pixelSizeOf([a, b, , d, e]: Affine): number {
  return Math.sqrt(Math.abs(a * e - b * d));
}
