import type { ImageSource } from '@spatile/formats/bundle/slide';
import { decodeWkb } from '@spatile/formats/geometry/wkb';
import type { SpatialDataWriter } from '@spatile/formats/spatialdata/write';
import type { SlideContext } from '../run/slide.ts';
import type { Segmented } from '../segment/round.ts';
import type { OutlinedCells } from './cells.ts';
import { type LabelGrid, labelSource } from './label-images.ts';

/** Pixels of labels where there is no image, microns. */
const PIXEL_UM = 0.5;

/** The grid of labels: the one that was segmented, else the pixels of the main image, else squares of 0.5 um over the transcripts. */
export function labelGrid(
  segmented: Segmented | null,
  image: ImageSource | undefined,
  { plan }: SlideContext,
): LabelGrid {
  if (segmented !== null) return segmented.grid;
  if (image !== undefined) return { widthPx: image.widthPx, heightPx: image.heightPx, toUm: image.pixelToUm };
  const { x0, y0, x1, y1 } = plan.extent;
  return {
    widthPx: Math.ceil((x1 - x0) / PIXEL_UM),
    heightPx: Math.ceil((y1 - y0) / PIXEL_UM),
    toUm: [PIXEL_UM, 0, x0, 0, PIXEL_UM, y0, 0, 0, 1],
  };
}

/** Writes `cell_labels` and `nucleus_labels`: what the outlines of the output say, pixel by pixel, by the number of the cell. */
export async function writeLabels(
  writer: SpatialDataWriter,
  grid: LabelGrid,
  { slide, outlines, kept }: { slide: SlideContext; outlines: OutlinedCells; kept: Uint32Array },
): Promise<void> {
  if (kept.length === 0) return;
  const rowOf = new Map(Array.from(outlines.cell, (cell, i) => [cell, i]));
  await writer.labelImage(
    'cell_labels',
    labelSource(grid, {
      label: kept,
      polygons: (i) => decodeWkb(outlines.wkb[rowOf.get(kept[i])!]),
    }),
  );
  const { nucleus } = slide.cells;
  const label = kept.filter((cell) => nucleus[cell - 1].length > 0);
  if (label.length === 0) return;
  await writer.labelImage(
    'nucleus_labels',
    labelSource(grid, { label, polygons: (i) => nucleus[label[i] - 1].map((ring) => [ring]) }),
  );
}
