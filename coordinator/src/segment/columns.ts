import type { TableColumn } from '@spatile/formats/spatialdata/write';
import { CELL_METHODS } from '@spatile/formats/tile/segment';
import type { SlideContext } from '../run/slide.ts';
import type { SegmentedCell } from './cells.ts';
import type { Segmented } from './round.ts';

/**
 * Columns of the table that come from the image: how each cell was found and how surely, and area, form and mean raw intensity
 * by channel of its nucleus (of its outline where it has none). NaN for cells that are not from the image.
 */
export function segmentColumns(segmented: Segmented, slide: SlideContext, kept: Uint32Array): TableColumn[] {
  const places = Int32Array.from(kept, (cell) => segmented.cells.placeOf(slide.cells.priorId[cell - 1]));
  const each = <T>(value: (cell: SegmentedCell) => T, none: T): T[] =>
    Array.from(places, (place) => (place < 0 ? none : value(segmented.cells.at(place))));
  const column = (name: string, value: (cell: SegmentedCell) => number): TableColumn => ({
    name,
    kind: 'float32',
    values: Float32Array.from(each(value, Number.NaN)),
  });
  const pixelUm2 = segmented.pixelSizeUm ** 2;
  return [
    {
      name: 'segmentation_method',
      kind: 'categorical',
      values: Int32Array.from(each(({ method }) => method, CELL_METHODS.length)),
      categories: [...CELL_METHODS, 'none'],
    },
    column('segmentation_score', ({ score }) => score),
    { name: 'nucleus_count', kind: 'int32', values: Int32Array.from(each(({ nuclei }) => nuclei, 0)) },
    column('nucleus_area', ({ nucleusPixels }) =>
      nucleusPixels > 0 ? nucleusPixels * pixelUm2 : Number.NaN,
    ),
    column('eccentricity', ({ eccentricity }) => eccentricity),
    column('solidity', ({ solidity }) => solidity),
    ...segmented.channels.map((channel, plane) => column(columnName(channel), ({ means }) => means[plane])),
  ];
}

/** Names in a table are letters, digits, dots, dashes and underscores. */
const columnName = (channel: string): string => `mean_intensity_${channel.replace(/[^\w.-]+/g, '_')}`;
