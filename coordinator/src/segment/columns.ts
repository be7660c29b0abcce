import type { TableColumn } from '@spatile/formats/spatialdata/write';
import { CELL_METHODS } from '@spatile/formats/tile/segment';
import type { SlideContext } from '../run/slide.ts';
import type { Segmented } from './round.ts';
import { pixelsOf } from './shape.ts';

/**
 * Columns of the table that come from the image: how each cell was found and how surely, and area, form and mean raw intensity
 * by channel of its nucleus (of its outline where it has none). NaN for cells that are not from the image.
 */
export function segmentColumns(segmented: Segmented, slide: SlideContext, kept: Uint32Array): TableColumn[] {
  const byId = new Map(segmented.cells.map((cell) => [cell.id, cell]));
  const cells = Array.from(kept, (cell) => byId.get(slide.cells.priorId[cell - 1]) ?? null);
  const main = cells.map((cell) => cell?.nucleus ?? cell?.cell ?? null);
  const column = (name: string, value: (i: number) => number | undefined): TableColumn => ({
    name,
    kind: 'float32',
    values: Float32Array.from(cells, (_, i) => value(i) ?? Number.NaN),
  });
  const pixelUm2 = segmented.pixelSizeUm ** 2;
  return [
    {
      name: 'segmentation_method',
      kind: 'categorical',
      values: Int32Array.from(cells, (cell) => cell?.method ?? CELL_METHODS.length),
      categories: [...CELL_METHODS, 'none'],
    },
    column('segmentation_score', (i) => cells[i]?.score),
    { name: 'nucleus_count', kind: 'int32', values: Int32Array.from(cells, (cell) => cell?.nuclei ?? 0) },
    column('nucleus_area', (i) => {
      const nucleus = cells[i]?.nucleus;
      return nucleus ? pixelsOf(nucleus.runs) * pixelUm2 : undefined;
    }),
    column('eccentricity', (i) => main[i]?.eccentricity),
    column('solidity', (i) => main[i]?.solidity),
    ...segmented.channels.map((channel, plane) => column(columnName(channel), (i) => main[i]?.means[plane])),
  ];
}

/** Names in a table are letters, digits, dots, dashes and underscores. */
const columnName = (channel: string): string => `mean_intensity_${channel.replace(/[^\w.-]+/g, '_')}`;
