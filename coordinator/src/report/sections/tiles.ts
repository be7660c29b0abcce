import type { RectUm } from '@spatile/formats/space';
import { amount, count, duration, percent } from '../../cli/format.ts';
import type { RunReportData } from '../data.ts';
import { type Html, html } from '../html.ts';
import { figure, figures, rampKey, type Section } from '../parts.ts';
import { colourOf, viridis } from '../ramp.ts';
import { extentOf, type ReportedSlide } from '../slide.ts';
import { number, pixelUm, slideMap } from '../slide-map.ts';

type Tile = RunReportData['tiles'][number];

export interface TileMeasure {
  title: string;
  value: (tile: Tile) => number;
  format: (value: number) => string;
  /** Tiles without it are drawn empty. */
  has: (tile: Tile) => boolean;
}

const MEASURES: TileMeasure[] = [
  {
    title: 'Time in the assign stage.',
    value: (tile) => tile.seconds,
    format: duration,
    has: (tile) => tile.seconds > 0,
  },
  {
    title: 'Transcripts of genes.',
    value: (tile) => tile.transcripts,
    format: count,
    has: (tile) => tile.transcripts > 0,
  },
  {
    title: 'Share assigned.',
    value: (tile) => tile.assigned / tile.transcripts,
    format: (share) => percent(share, 1),
    has: (tile) => tile.transcripts > 0,
  },
  {
    title: 'Confidence (mean probability).',
    value: (tile) => tile.confidence,
    format: (value) => value.toFixed(3),
    has: (tile) => tile.assigned > 0,
  },
];

/** Maps of the tiles by time and by quality; null without the run directory. */
export function tilesSection(slide: ReportedSlide): Section | null {
  if (slide.run === null) return null;
  const { tiles, haloUm } = slide.run;
  const frame = extentOf(slide);
  if (tiles.length === 1) return { id: 'tiles', title: 'Tiles', body: oneTile(tiles[0]) };
  const scheduled = tiles.filter(({ seconds }) => seconds > 0).length;
  return {
    id: 'tiles',
    title: 'Tiles',
    body: html`<p>${amount(tiles.length, 'tiles')}, ${count(scheduled)} with something to do; the halo around each is ${number(haloUm)} µm. Point at a tile for its name.</p>${figures(
      4,
      MEASURES.map((measure) => tileMap(tiles, frame, measure)),
    )}`,
  };
}

function oneTile(tile: Tile): Html {
  const { transcripts, assigned, seconds } = tile;
  return html`<p>The slide was one tile: ${count(transcripts)} transcripts of genes, ${percent(assigned, transcripts)} of them assigned, ${duration(seconds)} in the assign stage.</p>`;
}

/** A map of the tiles by a number of each; tiles without it are drawn empty. */
export function tileMap(tiles: readonly Tile[], frame: RectUm, measure: TileMeasure): Html {
  const values = tiles.filter(measure.has).map(measure.value);
  if (values.length === 0) return figure(measure.title, html`<p>Nothing to show.</p>`);
  const [low, high] = values.reduce(
    ([least, most], value) => [Math.min(least, value), Math.max(most, value)],
    [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
  );
  const ramp = viridis(low, high);
  const rects = tiles.map((tile) => {
    const { x0, y0, x1, y1 } = tile.core;
    const there = measure.has(tile);
    const value = measure.value(tile);
    return html`<rect x="${number(x0)}" y="${number(y0)}" width="${number(x1 - x0)}" height="${number(y1 - y0)}" fill="${there ? colourOf(ramp, value) : 'transparent'}"><title>${tile.id}: ${there ? measure.format(value) : 'nothing'}</title></rect>`;
  });
  const map = slideMap(
    frame,
    `Map of ${tiles.length} tiles: ${measure.title} From ${measure.format(low)} to ${measure.format(high)}`,
    html`<g stroke="#0d1117" stroke-width="${number(1.5 * pixelUm(frame, 4))}">${rects}</g>`,
    4,
  );
  return figure(
    measure.title,
    html`${map}${rampKey(ramp.colours, null, measure.format(low), measure.format(high))}`,
  );
}
