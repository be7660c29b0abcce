import { count } from '../../cli/format.ts';
import { type Html, html } from '../html.ts';
import { colourKey, figure, figures, type Section } from '../parts.ts';
import type { Crop, Pictures } from '../pictures.ts';
import type { ReportedSlide } from '../slide.ts';
import { imageElement, number, pathOf, pixelUm, slideMap } from '../slide-map.ts';

/** Colours of neighbouring cells; bright on black, told apart by hue. */
const CELL_COLOURS = ['#4cc9f0', '#f9c74f', '#90be6d', '#c77dff', '#f9844a', '#43e0b0', '#ff8fab', '#9fb4ff'];
/** Up to so many transcripts have room for larger dots. */
const FEW_DOTS = 4000;
const BACKGROUND = '#8b93a1';
const OUTLINE = '#ffffff';
const NUCLEUS = '#5b8def';

/** The densest square of the slide at a scale where single transcripts can be seen. */
export function cropSection(slide: ReportedSlide, { crop, imageLabel }: Pictures): Section | null {
  if (crop === null) return null;
  const { frame, transcripts } = crop;
  const drawn = transcripts.x.length;
  const part =
    drawn < crop.count ? ` (every ${ordinal(Math.round(crop.count / drawn))} of ${count(crop.count)})` : '';
  const columns = crop.image === null ? 1 : 2;
  const px = pixelUm(frame, columns);
  const place = `x ${Math.round(frame.x0)} to ${Math.round(frame.x1)} µm, y ${Math.round(frame.y0)} to ${Math.round(frame.y1)} µm`;
  const dots = figure(
    crop.nuclei.length === 0 ? 'Transcripts and cells.' : 'Transcripts, cells and nuclei.',
    html`${slideMap(
      frame,
      `Close view with ${crop.cells.length} cells and ${drawn} transcripts, ${place}`,
      html`${nuclei(crop, px)}${transcriptDots(crop, px)}${cellOutlines(slide, crop, px)}`,
      columns,
    )}${colourKey([
      [CELL_COLOURS[0], 'assigned (the colour tells cells apart)'],
      [BACKGROUND, 'background'],
      ...nucleusKey(crop),
    ])}`,
    `${count(drawn)} transcripts${part}, ${place}.`,
    crop.image === null,
  );
  const overImage =
    crop.image === null
      ? null
      : figure(
          'Outlines over the image.',
          html`${slideMap(
            frame,
            `The image of the same place with outlines of cells and nuclei`,
            html`${imageElement(crop.image, 'crop-image')}${nuclei(crop, px)}${cellOutlines(slide, crop, px)}`,
            columns,
          )}${colourKey([[OUTLINE, 'cell'], ...nucleusKey(crop)])}`,
          `${imageLabel ?? ''}. Point at a cell for its numbers.`,
        );
  return { id: 'crop', title: 'The densest place, close', body: figures(2, dots, overImage) };
}

const nucleusKey = ({ nuclei }: Crop): [string, string][] =>
  nuclei.length === 0 ? [] : [[NUCLEUS, 'nucleus']];

function cellOutlines({ cells }: ReportedSlide, crop: Crop, px: number): Html {
  const paths = crop.cells.map(({ row, polygons }) => {
    const title = `${cells.id[row]}: ${count(cells.transcripts[row])} transcripts, ${count(cells.genes[row])} genes, ${cells.areaUm2[row].toFixed(0)} µm², confidence ${cells.confidence[row].toFixed(2)}`;
    return html`<path d="${pathOf(polygons)}"><title>${title}</title></path>`;
  });
  return html`<g fill="transparent" fill-rule="evenodd" stroke="${OUTLINE}" stroke-opacity="0.85" stroke-width="${number(1.2 * px)}" stroke-linejoin="round">${paths}</g>`;
}

function nuclei({ nuclei: polygons }: Crop, px: number): Html {
  return html`<path d="${pathOf(polygons)}" fill="${NUCLEUS}" fill-opacity="0.22" stroke="${NUCLEUS}" stroke-width="${number(px)}" stroke-linejoin="round"/>`;
}

/** One path per colour: a dot is a line of no length with round ends. */
function transcriptDots({ transcripts: { x, y, cell } }: Crop, px: number): Html {
  const paths = Array.from({ length: CELL_COLOURS.length + 1 }, () => [] as string[]);
  for (let i = 0; i < x.length; i++) {
    // A step of 5 through 8 colours: neighbours in the table, often neighbours on the slide, never share one.
    const colour = cell[i] < 0 ? 0 : 1 + ((cell[i] * 5) % CELL_COLOURS.length);
    paths[colour].push(`M${number(x[i])} ${number(y[i])}h0`);
  }
  const size = number((x.length > FEW_DOTS ? 2.6 : 3.8) * px);
  return html`<g fill="none" stroke-linecap="round" stroke-width="${size}" pointer-events="none">${paths.map(
    (dots, k) => html`<path d="${dots.join('')}" stroke="${k === 0 ? BACKGROUND : CELL_COLOURS[k - 1]}"/>`,
  )}</g>`;
}

const ordinal = (n: number): string => `${n}${n === 2 ? 'nd' : 'th'}`;
