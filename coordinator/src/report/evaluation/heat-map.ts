import * as Plot from '@observablehq/plot';
import type { Html } from '../html.ts';
import { draw } from '../plot.ts';

export interface HeatMap {
  describe: string;
  rows: readonly string[];
  columns: readonly string[];
  rowLabel: string;
  columnLabel: string;
  /** NaN = empty. */
  value: (row: number, column: number) => number;
  /** Value that gets the darkest colour. */
  most: number;
  /** What is written into a square, and what is said when it is pointed at. */
  text: (value: number) => string;
  title: (row: number, column: number) => string;
}

/** Share of the range from which text is white. */
const DARK_FROM = 0.55;
const SQUARE_PX = 38;
const LARGEST_WRITTEN = 16;

/** A table of shades of one hue, light to dark, with the values written in while there are few. */
export function heatMap(map: HeatMap): Html {
  const { rows, columns, most } = map;
  const cells = rows.flatMap((row, i) =>
    columns.flatMap((column, j) => {
      const value = map.value(i, j);
      return Number.isNaN(value)
        ? []
        : [{ row, column, value, title: map.title(i, j), text: map.text(value) }];
    }),
  );
  const names = Math.max(0, ...rows.map((name) => name.length));
  const top = Math.max(0, ...columns.map((name) => name.length));
  const marginLeft = 34 + 6.4 * names;
  const marginTop = 30 + 4.6 * top;
  const written = columns.length <= LARGEST_WRITTEN;
  const squarePx = written ? SQUARE_PX : 12;
  const axis = { label: null, tickSize: 0, padding: 0.04 };
  return draw({
    describe: map.describe,
    marginLeft,
    marginTop,
    marginBottom: 8,
    marginRight: 30,
    width: marginLeft + 30 + squarePx * columns.length,
    height: marginTop + 8 + 0.8 * squarePx * rows.length,
    x: {
      ...axis,
      axis: 'top',
      domain: [...columns],
      tickRotate: -40,
      label: map.columnLabel,
      labelAnchor: 'right',
    },
    y: { ...axis, domain: [...rows], label: map.rowLabel },
    color: { type: 'linear', scheme: 'Blues', domain: [0, most > 0 ? most : 1], clamp: true },
    marks: [
      Plot.cell(cells, { x: 'column', y: 'row', fill: 'value', title: 'title' }),
      written
        ? Plot.text(cells, {
            x: 'column',
            y: 'row',
            text: 'text',
            fontSize: 10,
            fill: (cell: { value: number }) => (cell.value > DARK_FROM * most ? '#ffffff' : '#1c2430'),
            pointerEvents: 'none',
          })
        : null,
    ],
  });
}
