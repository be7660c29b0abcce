import type { RectUm } from '@spatile/formats/space';
import type { AccuracyGrid } from '@spatile/instrument/judge/detail';
import { html } from '../../html.ts';
import { figure, figures, rampKey, type Section } from '../../parts.ts';
import { pngDataUrl } from '../../png.ts';
import { type Ramp, rgb, stepOf, viridis } from '../../ramp.ts';
import { number, pixelUm, slideMap } from '../../slide-map.ts';
import type { CloseViews } from '../close/gather.ts';
import type { JudgedInput } from '../judged.ts';
import { f1OfFullSquares } from '../squares.ts';

/** Maps beside each other; text and lines are made for their width. */
const mapsInRow = (results: number): 2 | 3 | 4 => (results < 3 ? 2 : results === 3 ? 3 : 4);

/** Where on the slide each result is good and bad, all on one scale. */
export async function areaSection(
  results: readonly JudgedInput[],
  close: CloseViews | null,
): Promise<Section | null> {
  const values = results.flatMap(({ detail }) => f1OfFullSquares(detail.grid).filter(Number.isFinite));
  if (values.length === 0) return null;
  const [low, high] = values.reduce(([a, b], f1) => [Math.min(a, f1), Math.max(b, f1)], [1, 0]);
  const ramp = viridis(low, high);
  const [{ detail }] = results;
  const inRow = mapsInRow(results.length);
  const maps = await Promise.all(
    results.map(async ({ name, detail: { grid } }) =>
      figure(`${name}.`, await mapOf(name, grid, ramp, close, inRow)),
    ),
  );
  return {
    id: 'area',
    title: 'Where on the slide',
    body: html`<p>F1 of the transcripts born in each square of ${detail.grid.binUm} µm, on one scale for all results; squares at the rim with few transcripts are left white.${
      close === null ? null : ' The marked squares are shown closely below.'
    }</p>
${figures(inRow, maps)}${rampKey(ramp.colours, 'F1', ramp.low.toFixed(2), ramp.high.toFixed(2))}`,
  };
}

async function mapOf(name: string, grid: AccuracyGrid, ramp: Ramp, close: CloseViews | null, inRow: number) {
  const { x0, y0, binUm, columns, rows } = grid;
  const frame: RectUm = { x0, y0, x1: x0 + columns * binUm, y1: y0 + rows * binUm };
  const px = pixelUm(frame, inRow);
  const marks = (close?.windows ?? []).map(({ square }) => {
    const [x, y] = [x0 + (square % columns) * binUm, y0 + Math.floor(square / columns) * binUm];
    return html`<rect x="${number(x)}" y="${number(y)}" width="${binUm}" height="${binUm}" fill="none" stroke="#d55e00" stroke-width="${number(2 * px)}"/>`;
  });
  return slideMap(
    frame,
    `Map of F1 of ${name}`,
    html`<image href="${await squares(grid, ramp)}" x="${number(x0)}" y="${number(y0)}" width="${number(columns * binUm)}" height="${number(rows * binUm)}" preserveAspectRatio="none" style="image-rendering:pixelated"/>${marks}`,
    inRow,
    'light',
  );
}

/** One pixel per square; squares without transcripts are transparent. */
function squares(grid: AccuracyGrid, ramp: Ramp): Promise<string> {
  const { columns, rows } = grid;
  const values = f1OfFullSquares(grid);
  return pngDataUrl({
    widthPx: columns,
    heightPx: rows,
    pixels: Uint8Array.from(values, (value) => (Number.isNaN(value) ? 0 : 1 + stepOf(ramp, value))),
    palette: [[0, 0, 0, 0], ...ramp.colours.map((colour) => [...rgb(colour), 255] as const)],
  });
}
