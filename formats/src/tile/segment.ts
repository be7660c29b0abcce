import type { BlockCodec, PackedWindow, PixelRect } from '../image/packed.ts';
import type { Frame } from './frame.ts';
import { pickTables } from './tables.ts';

/**
 * What goes into and comes out of the segment stage. Pixels of the grid are whole blocks of `reduce` x `reduce` pixels of one
 * level of the image, counted from the image's corner, so that a pixel has the same name and value in every tile.
 *
 * A unit is a cell as the stage sees it: its nuclei and its outline. Its seed is the centre of mass of its nuclei, or of the
 * outline where it has none.
 */

/** What a part of a unit is. */
export const PART_NUCLEUS = 0;
export const PART_CELL = 1;

/** How the outline of a unit was found, by number. */
export const CELL_METHODS = ['nucleus', 'expansion', 'boundary', 'interior', 'image'] as const;
export type CellMethod = (typeof CELL_METHODS)[number];

/** Pixels of one grid level as compressed windows, one per channel. */
interface PackedPixels {
  /** Of the level. */
  levelPx: [width: number, height: number];
  /** Level pixels per grid pixel along an edge. */
  reduce: number;
  /** In grid pixels. */
  region: PixelRect;
  channels: PackedWindow[];
}

/** Frozen numbers of the slide: percentiles and Otsu level (on pixels normalised by them) of each channel. */
export interface ChannelModel {
  low: number;
  high: number;
  otsu: number;
}

/** One run of an image method: on which channels (in its own order; -1 = zeros) and with which settings. */
export interface MethodCall {
  name: string;
  channels: number[];
  settings: Record<string, unknown>;
}

/** The call that spreads nuclei through the boundary stain; takes `MembraneSettings`. */
export const MEMBRANE = 'membrane';

export interface SegmentTileMeta {
  tile: string;
  /** In grid pixels; half-open. */
  core: PixelRect;
  /** Width and height of the whole image in grid pixels. */
  gridPx: [width: number, height: number];
  pixelSizeUm: number;
  models: ChannelModel[];
  /** Nuclei, or whole cells with `target` cell. */
  instances: MethodCall;
  target: 'nucleus' | 'cell';
  /**
   * How nuclei become cells. `boundary` is a network on the boundary stain or
   * `membrane`, `interior` a channel.
   */
  cells: {
    expandUm: number;
    interiorUm: number;
    boundary: MethodCall | null;
    interior: number | null;
  };
  minAreaUm2: number;
  /** Units whose seed lies this far outside the core are reported too, microns. */
  seamUm: number;
}

export interface SegmentTile {
  meta: SegmentTileMeta;
  pixels: PackedPixels;
}

export interface SegmentFitTile {
  meta: { tile: string };
  pixels: PackedPixels;
}

/** What a pilot window says of the pixels of the slide. */
export interface SegmentFitResult {
  meta: { tile: string; channels: number };
  /** Sampled pixels: blocks of `FIT_SAMPLES` values, channel by channel within a block. */
  samples: { value: Float32Array };
}

/** Sampled pixels of one block and channel. */
export const FIT_SAMPLES = 16;

export interface SegmentResult {
  meta: {
    tile: string;
    channels: number;
    /** Numbers for the report. */
    diagnostics: Record<string, number>;
  };
  units: {
    /** Grid pixels. */
    seedX: Float64Array;
    seedY: Float64Array;
    /** 1 = the seed lies in the core. */
    owned: Uint8Array;
    score: Float32Array;
    /** Index into `CELL_METHODS`. */
    method: Uint8Array;
    /** Grid pixels between the unit and the nearest edge of the region that is no edge of the image; large without one. */
    marginPx: Uint32Array;
    nuclei: Uint16Array;
  };
  parts: {
    unit: Uint32Array;
    kind: Uint8Array;
    pixels: Uint32Array;
    eccentricity: Float32Array;
    solidity: Float32Array;
  };
  /** Mean raw intensity by part and channel, row-major. */
  means: { value: Float32Array };
  /** Runs along x of the parts in grid pixels, sorted by (part, y, x). */
  runs: { part: Uint32Array; y: Int32Array; x: Int32Array; length: Uint32Array };
}

/** Settled shapes to be outlined: those of the tile and those that may touch them. */
export interface SegmentPaintTile {
  meta: { tile: string; region: PixelRect; pixelSizeUm: number; toleranceUm: number };
  /** Ascending (kind, label); labels are slide-wide. */
  shapes: { kind: Uint8Array; label: Uint32Array; owned: Uint8Array };
  /** `shape` is a row of `shapes`; sorted by (shape, y, x). */
  runs: { shape: Uint32Array; y: Int32Array; x: Int32Array; length: Uint32Array };
}

export interface SegmentPaintResult {
  meta: { tile: string; diagnostics: Record<string, number> };
  /** Closed rings of the owned shapes, exterior before its holes; vertices in grid pixels. */
  rings: { kind: Uint8Array; label: Uint32Array; start: Uint32Array; count: Uint32Array };
  vertices: { x: Float64Array; y: Float64Array };
}

export const SEGMENT_TILE = 'segment-tile';
export const SEGMENT_RESULT = 'segment-result';
export const SEGMENT_FIT_TILE = 'segment-fit-tile';
export const SEGMENT_FIT_RESULT = 'segment-fit-result';
export const SEGMENT_PAINT_TILE = 'segment-paint-tile';
export const SEGMENT_PAINT_RESULT = 'segment-paint-result';

type Plain = Record<string, unknown>;

function pixelsFrame({ channels, ...meta }: PackedPixels): Pick<Frame, 'meta' | 'tables'> {
  const blocks = channels.flatMap((window, channel) => window.blocks.map((block) => ({ ...block, channel })));
  const bytes = new Uint8Array(blocks.reduce((sum, block) => sum + block.bytes.length, 0));
  const start = new Float64Array(blocks.length);
  let at = 0;
  blocks.forEach((block, i) => {
    bytes.set(block.bytes, at);
    start[i] = at;
    at += block.bytes.length;
  });
  const column = (of: (block: (typeof blocks)[number]) => number): Int32Array => Int32Array.from(blocks, of);
  return {
    meta: { ...meta, packed: channels.map(({ file, codec }) => ({ file, codec })) },
    tables: {
      blocks: {
        channel: column(({ channel }) => channel),
        x: column(({ x }) => x),
        y: column(({ y }) => y),
        width: column(({ width }) => width),
        height: column(({ height }) => height),
        start,
        length: Float64Array.from(blocks, (block) => block.bytes.length),
      },
      bytes: { value: bytes },
    },
  };
}

function pixelsFrom(frame: Frame): PackedPixels {
  const { blocks, bytes } = pickTables(frame, {
    blocks: ['channel', 'x', 'y', 'width', 'height', 'start', 'length'],
    bytes: ['value'],
  });
  const { packed, ...meta } = frame.meta.pixels as Omit<PackedPixels, 'channels'> & {
    packed: { file: string; codec: BlockCodec }[];
  };
  const channels = packed.map((window): PackedWindow => ({ ...window, blocks: [] }));
  const all = bytes.value as Uint8Array;
  for (let i = 0; i < blocks.channel.length; i++) {
    const from = Number(blocks.start[i]);
    channels[Number(blocks.channel[i])].blocks.push({
      x: Number(blocks.x[i]),
      y: Number(blocks.y[i]),
      width: Number(blocks.width[i]),
      height: Number(blocks.height[i]),
      bytes: all.subarray(from, from + Number(blocks.length[i])),
    });
  }
  return { ...meta, channels };
}

export function segmentTileFrame({ meta, pixels }: SegmentTile): Frame {
  const packed = pixelsFrame(pixels);
  return { kind: SEGMENT_TILE, meta: { tile: meta, pixels: packed.meta }, tables: packed.tables };
}

export function segmentTileFrom(frame: Frame): SegmentTile {
  return { meta: frame.meta.tile as SegmentTileMeta, pixels: pixelsFrom(frame) };
}

export function segmentFitTileFrame({ meta, pixels }: SegmentFitTile): Frame {
  const packed = pixelsFrame(pixels);
  return { kind: SEGMENT_FIT_TILE, meta: { tile: meta, pixels: packed.meta }, tables: packed.tables };
}

export function segmentFitTileFrom(frame: Frame): SegmentFitTile {
  return { meta: frame.meta.tile as SegmentFitTile['meta'], pixels: pixelsFrom(frame) };
}

const RESULT_COLUMNS = {
  units: ['seedX', 'seedY', 'owned', 'score', 'method', 'marginPx', 'nuclei'],
  parts: ['unit', 'kind', 'pixels', 'eccentricity', 'solidity'],
  means: ['value'],
  runs: ['part', 'y', 'x', 'length'],
};
const PAINT_TILE_COLUMNS = {
  shapes: ['kind', 'label', 'owned'],
  runs: ['shape', 'y', 'x', 'length'],
};
const PAINT_RESULT_COLUMNS = { rings: ['kind', 'label', 'start', 'count'], vertices: ['x', 'y'] };

/** A frame of an object whose members beside `meta` are tables. */
function tablesFrame(kind: string, value: { meta: object }): Frame {
  const { meta, ...tables } = value;
  return { kind, meta: { ...(meta as Plain) }, tables: tables as unknown as Frame['tables'] };
}

const tablesFrom = <T>(frame: Frame, columns: Record<string, string[]>): T =>
  ({ meta: frame.meta, ...pickTables(frame, columns) }) as unknown as T;

export const segmentFitResultFrame = (result: SegmentFitResult): Frame =>
  tablesFrame(SEGMENT_FIT_RESULT, result);
export const segmentFitResultFrom = (frame: Frame): SegmentFitResult =>
  tablesFrom(frame, { samples: ['value'] });
export const segmentResultFrame = (result: SegmentResult): Frame => tablesFrame(SEGMENT_RESULT, result);
export const segmentResultFrom = (frame: Frame): SegmentResult => tablesFrom(frame, RESULT_COLUMNS);
export const segmentPaintTileFrame = (tile: SegmentPaintTile): Frame => tablesFrame(SEGMENT_PAINT_TILE, tile);
export const segmentPaintTileFrom = (frame: Frame): SegmentPaintTile => tablesFrom(frame, PAINT_TILE_COLUMNS);
export const segmentPaintResultFrame = (result: SegmentPaintResult): Frame =>
  tablesFrame(SEGMENT_PAINT_RESULT, result);
export const segmentPaintResultFrom = (frame: Frame): SegmentPaintResult =>
  tablesFrom(frame, PAINT_RESULT_COLUMNS);
