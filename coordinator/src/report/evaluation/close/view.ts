import type { RectUm } from '@spatile/formats/space';
import type { CellOutline } from '@spatile/instrument/judge/read/result';
import { count } from '../../../cli/format.ts';
import { type Html, html } from '../../html.ts';
import { number, pixelUm, slideMap } from '../../slide-map.ts';
import { marksPath, ringsPath, STEP_UM, shortPaths } from './short-path.ts';
import type { PlacedTranscripts } from './transcripts.ts';
import { LOOKS, VERDICTS, type Verdict, verdictOn } from './verdict.ts';

/** More transcripts than this are thinned: every n-th is drawn, the same ones for every result. */
const MAX_DOTS = 6000;
const TRUE_FILL = '#e7ebf0';
const TRUE_LINE = '#98a2b3';
export const RESULT_LINE = '#00825f';
/** Width of lines that rings and crosses are made of. */
const LINE_PX = 1.1;
/** Errors are drawn over what is right. */
const DRAWN_LAST: readonly Verdict[] = ['kept', 'right', 'lost', 'taken', 'home', 'wrong'];

/** One result in one window. */
export interface CloseView {
  counts: Record<Verdict, number>;
  /** Every so many transcripts are drawn. */
  every: number;
  picture: Html;
}

export interface ViewInput {
  name: string;
  frame: RectUm;
  placed: PlacedTranscripts;
  /** Views beside each other; text and lines are made for their width. */
  inRow: 2 | 3;
  /** By slot. */
  put: Uint32Array;
  /** By true cell. */
  match: Uint32Array;
  trueOutlines: readonly CellOutline[];
  /** Id of the drawing of the true cells; the first view of a window draws them, the others refer to it. */
  truthId: string;
  drawsTruth: boolean;
  /** Null for a result without outlines. */
  outlines: readonly CellOutline[] | null;
}

/** Draws a result over the truth: true cells as grey areas, its outlines as lines, transcripts by what became of them. */
export function closeView(input: ViewInput): CloseView {
  const { frame, placed, inRow } = input;
  const slots = slotsIn(frame, placed);
  const every = Math.max(1, Math.ceil(slots.length / MAX_DOTS));
  const counts = Object.fromEntries(VERDICTS.map((verdict) => [verdict, 0])) as Record<Verdict, number>;
  const drawn = Object.fromEntries(VERDICTS.map((verdict) => [verdict, [] as number[]])) as Record<
    Verdict,
    number[]
  >;
  slots.forEach((slot, k) => {
    const origin = placed.origin[slot];
    const verdict = verdictOn(origin, input.put[slot], input.match[origin], placed.leaked[slot]);
    counts[verdict]++;
    if (k % every === 0) drawn[verdict].push(slot);
  });
  const px = pixelUm(frame, inRow) / STEP_UM;
  const described = VERDICTS.map((verdict) => `${count(counts[verdict])} ${LOOKS[verdict].meaning}`).join(
    '; ',
  );
  const picture = slideMap(
    frame,
    `Close view of ${input.name}: ${described}`,
    shortPaths(frame, [
      trueCells(input, px),
      ...DRAWN_LAST.map((verdict) => marks(drawn[verdict], verdict, input, px)),
      resultCells(input, px),
    ]),
    inRow,
    'light',
  );
  return { counts, every, picture };
}

/** Judged transcripts in the frame, in the order of slots. */
function slotsIn({ x0, y0, x1, y1 }: RectUm, { x, y, origin }: PlacedTranscripts): number[] {
  const slots: number[] = [];
  for (let slot = 0; slot < x.length; slot++)
    if (origin[slot] >= 0 && x[slot] >= x0 && x[slot] < x1 && y[slot] >= y0 && y[slot] < y1) slots.push(slot);
  return slots;
}

const trueCells = ({ trueOutlines, truthId, drawsTruth, frame }: ViewInput, px: number): Html =>
  drawsTruth
    ? html`<path id="${truthId}" d="${ringsPath(
        trueOutlines.flatMap(({ polygons }) => polygons),
        frame,
      )}" fill="${TRUE_FILL}" fill-opacity="0.75" stroke="${TRUE_LINE}" stroke-width="${number(px)}" stroke-linejoin="round"/>`
    : html`<use href="#${truthId}"/>`;

const resultCells = ({ outlines, frame }: ViewInput, px: number): Html | null =>
  outlines &&
  html`<path d="${ringsPath(
    outlines.flatMap(({ polygons }) => polygons),
    frame,
  )}" fill="none" stroke="${RESULT_LINE}" stroke-width="${number(1.6 * px)}" stroke-linejoin="round"/>`;

/** One path for all transcripts of a verdict; a dot is a line of no length with round ends. */
function marks(
  slots: readonly number[],
  verdict: Verdict,
  { placed: { x, y }, frame }: ViewInput,
  px: number,
): Html | null {
  if (slots.length === 0) return null;
  const { colour, shape, sizePx } = LOOKS[verdict];
  const places = slots.map((slot) => [x[slot], y[slot]] as const);
  const path = (mark: string, stroke: string, widthPx: number): Html =>
    html`<path d="${marksPath(places, frame, mark)}" fill="none" stroke="${stroke}" stroke-width="${number(widthPx * px)}" stroke-linecap="round"/>`;
  if (shape === 'dot') return path('h0', colour, sizePx);
  // A light dot upon a dark one: as circles, thousands of rings would be half of the page.
  if (shape === 'ring')
    return html`${path('h0', colour, sizePx)}${path('h0', '#ffffff', sizePx - 2 * LINE_PX)}`;
  const arm = Math.round((sizePx / 2) * px);
  return path(
    `m${-arm} ${-arm}l${2 * arm} ${2 * arm}m0 ${-2 * arm}l${-2 * arm} ${2 * arm}m${arm} ${-arm}`,
    colour,
    LINE_PX,
  );
}
