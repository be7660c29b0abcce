import type { Polygon } from '@spatile/formats/geometry/wkb';
import type { RectUm } from '@spatile/formats/space';
import { readPoints, readShapes, type StoredShapes } from '@spatile/formats/spatialdata/read';
import { densestSquare } from './densest.ts';
import { chooseImage, type ImageLayer, readImageLayer } from './image-layer.ts';
import { type Ramp, rgb, stepOf, viridis } from './ramp.ts';
import { PolygonRaster } from './raster.ts';
import { extentOf, type ReportedSlide } from './slide.ts';
import { median, quantile } from './statistics.ts';

/** What the maps of the slide are drawn from: gathered in one pass over the polygons and one over the transcripts. */
export interface Pictures {
  overview: Overview | null;
  crop: Crop | null;
  /** What the pictures beneath the cells show: `DAPI of morphology_focus`; null without an image. */
  imageLabel: string | null;
}

export interface Overview {
  /** What is shown, in microns: the cells and a margin. */
  frame: RectUm;
  /** PNG of all cells as a data URL. */
  cells: string;
  /** From transcripts of a cell to its colour. */
  ramp: Ramp;
  image: ImageLayer | null;
}

export interface Crop {
  frame: RectUm;
  cells: { row: number; polygons: Polygon[] }[];
  nuclei: Polygon[];
  /** x, y pairs in microns; `cell` is the row of the table, -1 for background. */
  transcripts: { x: Float32Array; y: Float32Array; cell: Int32Array };
  /** Transcripts in the frame; more than are drawn on dense slides. */
  count: number;
  image: ImageLayer | null;
}

/** Pixels along the longer side of the overview. */
const OVERVIEW_PX = 2000;
/** More than this many pixels to the micron show nothing new. */
const MAX_PX_PER_UM = 8;
/** Cells are told apart by a line where they are at least this wide. */
const LINE_FROM_PX = 9;
const CROP_UM = 100;
/** Dots that are drawn; on denser slides every n-th transcript. */
const MAX_DOTS = 30_000;
const IMAGE_PX = 900;

/** Errors: `STORE_INVALID`, `PARQUET_INVALID`, `GEOMETRY_INVALID`, `INPUT_MISSING` for an element that is listed and damaged. */
export async function gatherPictures(slide: ReportedSlide): Promise<Pictures> {
  if (slide.cells.id.length === 0) return { overview: null, crop: null, imageLabel: null };
  const chosen = await chooseImage(slide);
  const frame = frameOf(slide);
  const cropFrame = cropFrameOf(slide);
  const rowOf = new Map(slide.cells.id.map((id, row) => [id, row]));
  const { raster, ramp, cropCells } = await drawCells(slide, rowOf, frame, cropFrame);
  const layer = (rect: RectUm): Promise<ImageLayer | null> =>
    chosen === null ? Promise.resolve(null) : readImageLayer(chosen, rect, IMAGE_PX);
  const palette = ramp.colours.map((colour) => [...rgb(colour), 255] as const);
  // The map is packed while transcripts are read.
  const [cells, image, crop] = await Promise.all([
    raster.toDataUrl([...palette, [0, 0, 0, 0]]),
    layer(frame),
    cropFrame === null ? null : drawCrop(slide, rowOf, cropFrame, cropCells, layer),
  ]);
  return { overview: { frame, ramp, cells, image }, crop, imageLabel: chosen?.label ?? null };
}

async function drawCrop(
  slide: ReportedSlide,
  rowOf: ReadonlyMap<string, number>,
  frame: RectUm,
  cells: Crop['cells'],
  layer: (rect: RectUm) => Promise<ImageLayer | null>,
): Promise<Crop> {
  return {
    frame,
    cells,
    nuclei: await nucleiIn(slide, frame),
    ...(await transcriptsIn(slide, rowOf, frame)),
    image: await layer(frame),
  };
}

/** The cells with a margin of 20 um, but no more than the tiles cover. */
function frameOf(slide: ReportedSlide): RectUm {
  const extent = extentOf(slide);
  const { x, y } = slide.cells;
  const least = (values: Float64Array): number => values.reduce((a, b) => Math.min(a, b));
  const most = (values: Float64Array): number => values.reduce((a, b) => Math.max(a, b));
  return {
    x0: Math.max(extent.x0, least(x) - 20),
    y0: Math.max(extent.y0, least(y) - 20),
    x1: Math.min(extent.x1, most(x) + 20),
    y1: Math.min(extent.y1, most(y) + 20),
  };
}

/** The densest square, moved so that it lies on the slide. */
function cropFrameOf(slide: ReportedSlide): RectUm | null {
  const square = densestSquare(slide.cells, CROP_UM);
  if (square === null) return null;
  const extent = extentOf(slide);
  const x0 = Math.max(extent.x0, Math.min(square.x0, extent.x1 - CROP_UM));
  const y0 = Math.max(extent.y0, Math.min(square.y0, extent.y1 - CROP_UM));
  return { x0, y0, x1: Math.min(x0 + CROP_UM, extent.x1), y1: Math.min(y0 + CROP_UM, extent.y1) };
}

async function drawCells(
  slide: ReportedSlide,
  rowOf: ReadonlyMap<string, number>,
  frame: RectUm,
  crop: RectUm | null,
): Promise<{ raster: PolygonRaster; ramp: Ramp; cropCells: Crop['cells'] }> {
  const { cells } = slide;
  const pxPerUm = Math.min(
    MAX_PX_PER_UM,
    OVERVIEW_PX / Math.max(frame.x1 - frame.x0, frame.y1 - frame.y0, 1),
  );
  const raster = new PolygonRaster(frame, pxPerUm);
  const ramp = viridis(0, Math.max(1, quantile(cells.transcripts.slice().sort(), 0.98)));
  const line = ramp.colours.length + 1;
  const withLines = 2 * Math.sqrt(median(cells.areaUm2) / Math.PI) * pxPerUm >= LINE_FROM_PX;
  const cropCells: Crop['cells'] = [];
  for await (const { id, polygons } of shapesOf(slide, 'cell_boundaries')) {
    for (const [i, cell] of polygons.entries()) {
      const row = rowOf.get(id[i]);
      if (row === undefined) continue;
      for (const rings of cell) raster.fill(rings, 1 + stepOf(ramp, cells.transcripts[row]));
      if (withLines) for (const rings of cell) raster.stroke(rings, line);
      if (crop !== null && touches(cell, crop)) cropCells.push({ row, polygons: cell });
    }
  }
  return { raster, ramp, cropCells };
}

async function* shapesOf(slide: ReportedSlide, name: string): AsyncGenerator<StoredShapes> {
  if (slide.elements.shapes.includes(name)) yield* readShapes(slide.zarr, name);
}

async function nucleiIn(slide: ReportedSlide, frame: RectUm): Promise<Polygon[]> {
  const found: Polygon[] = [];
  for await (const { polygons } of shapesOf(slide, 'nucleus_boundaries'))
    for (const nucleus of polygons) if (touches(nucleus, frame)) found.push(...nucleus);
  return found;
}

/** Whether the bounding box of the outlines reaches into the frame. */
function touches(polygons: readonly Polygon[], frame: RectUm): boolean {
  return polygons.some(([outline]) => {
    let [x0, y0, x1, y1] = [Infinity, Infinity, -Infinity, -Infinity];
    for (let i = 0; i + 1 < outline.length; i += 2) {
      [x0, x1] = [Math.min(x0, outline[i]), Math.max(x1, outline[i])];
      [y0, y1] = [Math.min(y0, outline[i + 1]), Math.max(y1, outline[i + 1])];
    }
    return x0 < frame.x1 && x1 > frame.x0 && y0 < frame.y1 && y1 > frame.y0;
  });
}

/** All transcripts of the frame are counted; every n-th is kept, n doubling whenever there are too many. */
async function transcriptsIn(
  slide: ReportedSlide,
  rowOf: ReadonlyMap<string, number>,
  frame: RectUm,
): Promise<Pick<Crop, 'transcripts' | 'count'>> {
  let kept: { x: number; y: number; cell: number }[] = [];
  let every = 1;
  let count = 0;
  const points = readPoints(slide.zarr, 'transcripts', ['x', 'y', 'cell_id'], {
    x: [frame.x0, frame.x1],
    y: [frame.y0, frame.y1],
  });
  for await (const { length, columns, texts } of points) {
    const { x, y, cell_id: cell } = columns as { x: Float32Array; y: Float32Array; cell_id: Uint32Array };
    for (let i = 0; i < length; i++) {
      if (!(x[i] >= frame.x0 && x[i] < frame.x1 && y[i] >= frame.y0 && y[i] < frame.y1)) continue;
      if (count++ % every !== 0) continue;
      kept.push({ x: x[i], y: y[i], cell: rowOf.get(texts.cell_id[cell[i]]) ?? -1 });
      if (kept.length <= MAX_DOTS) continue;
      kept = kept.filter((_, k) => k % 2 === 0);
      every *= 2;
    }
  }
  return {
    count,
    transcripts: {
      x: Float32Array.from(kept, (dot) => dot.x),
      y: Float32Array.from(kept, (dot) => dot.y),
      cell: Int32Array.from(kept, (dot) => dot.cell),
    },
  };
}
