import { count } from '../../cli/format.ts';
import { type Html, html } from '../html.ts';
import { figure, rampKey, type Section } from '../parts.ts';
import type { Overview, Pictures } from '../pictures.ts';
import type { ReportedSlide } from '../slide.ts';
import { imageElement, number, pixelUm, slideMap } from '../slide-map.ts';

/** Lines between more tiles than these would hide the cells. */
const MAX_TILES_DRAWN = 2500;

/** The whole slide: all cells by their transcripts, and the same over the image when there is one. */
export function overviewSection(slide: ReportedSlide, { overview, crop, imageLabel }: Pictures): Section {
  if (overview === null)
    return { id: 'overview', title: 'The slide', body: html`<p>No cell was written.</p>` };
  const { frame, ramp, image } = overview;
  const size = sizeOf(frame);
  const cells = count(slide.cells.id.length);
  const partly = crop !== null && !covers(crop.frame, frame);
  const marked = partly ? cropMark(overview, crop.frame) : null;
  const map = slideMap(
    frame,
    `Map of ${cells} cells coloured by transcripts per cell, ${size}`,
    html`${cellsElement(overview)}${tileLines(slide, overview)}${marked}`,
  );
  const overImage =
    image === null
      ? null
      : figure(
          `The image (${imageLabel ?? ''}) with the cells over it.`,
          slideMap(
            frame,
            `The image of the slide with the cells over it, ${size}`,
            html`${imageElement(image, 'slide-image')}<use href="#slide-cells" opacity="0.45"/>`,
          ),
          'Nuclei outside of every cell show as white spots without a colour.',
        );
  const borders = slide.stored.plan.tiles.length > 1 ? ' Thin lines are the borders between tiles.' : '';
  const cellsOnly = figure(
    'Cells by transcripts per cell.',
    html`${map}${rampKey(ramp.colours, 'Transcripts per cell', '0', `${count(ramp.high)} and more`)}`,
    `${cells} cells on ${size}.${borders}${partly ? ' The white square is shown close below.' : ''}`,
  );
  return {
    id: 'overview',
    title: 'The slide',
    body: html`<div class="maps">${cellsOnly}${overImage}</div>`,
  };
}

const covers = (outer: Overview['frame'], inner: Overview['frame']): boolean =>
  outer.x0 <= inner.x0 && outer.y0 <= inner.y0 && outer.x1 >= inner.x1 && outer.y1 >= inner.y1;

function sizeOf({ x0, y0, x1, y1 }: Overview['frame']): string {
  const [width, height] = [x1 - x0, y1 - y0];
  if (Math.max(width, height) < 2000) return `${Math.round(width)} by ${Math.round(height)} µm`;
  return `${(width / 1000).toFixed(1)} by ${(height / 1000).toFixed(1)} mm`;
}

function cellsElement({ frame, cells }: Overview): Html {
  const { x0, y0, x1, y1 } = frame;
  return html`<image id="slide-cells" href="${cells}" x="${number(x0)}" y="${number(y0)}" width="${number(x1 - x0)}" height="${number(y1 - y0)}" preserveAspectRatio="none"/>`;
}

/** Tiles with their ids to hover on. */
function tileLines({ stored }: ReportedSlide, { frame }: Overview): Html | null {
  const { tiles } = stored.plan;
  if (tiles.length > MAX_TILES_DRAWN) return null;
  const rects = tiles.map(({ id, core: [x0, y0, x1, y1] }) => {
    return html`<rect x="${number(x0)}" y="${number(y0)}" width="${number(x1 - x0)}" height="${number(y1 - y0)}"><title>tile ${id}</title></rect>`;
  });
  const alone = tiles.length === 1;
  return html`<g fill="transparent" stroke="#fff" stroke-opacity="${alone ? 0 : 0.45}" stroke-width="${number(pixelUm(frame))}">${rects}</g>`;
}

function cropMark({ frame }: Overview, { x0, y0, x1, y1 }: Overview['frame']): Html {
  const px = pixelUm(frame);
  return html`<rect x="${number(x0)}" y="${number(y0)}" width="${number(x1 - x0)}" height="${number(y1 - y0)}" fill="none" stroke="#fff" stroke-width="${number(2 * px)}"/>`;
}
