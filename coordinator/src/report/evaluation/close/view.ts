import type { RectUm } from '@spatile/formats/space';
import { count } from '../../../cli/format.ts';
import { type Html, html } from '../../html.ts';
import { number, pathOf, pixelUm, slideMap } from '../../slide-map.ts';
import type { DrawnOutline } from './outlines.ts';
import type { PlacedTranscripts } from './transcripts.ts';
import { LOOKS, VERDICTS, type Verdict, verdictOn } from './verdict.ts';

/** More transcripts than this are thinned: every n-th is drawn, the same ones for every result. */
const MAX_DOTS = 6000;
const TRUE_FILL = '#e7ebf0';
const TRUE_LINE = '#98a2b3';
export const RESULT_LINE = '#00825f';
/** Width of lines that rings and crosses are made of. */
const LINE_PX = 1.3;
/** Views beside each other; text and lines are made for their width. */
export const VIEWS_IN_ROW = 3;

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
  /** By slot. */
  put: Uint32Array;
  /** By true cell. */
  match: Uint32Array;
  trueOutlines: readonly DrawnOutline[];
  /** Id of the drawing of the true cells; the first view of a window draws them, the others refer to it. */
  truthId: string;
  drawsTruth: boolean;
  /** Null for a result without outlines. */
  outlines: readonly DrawnOutline[] | null;
}

/** Draws a result over the truth: true cells as grey areas, its outlines as lines, transcripts by what became of them. */
export function closeView(input: ViewInput): CloseView {
  const { frame, placed } = input;
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
  const px = pixelUm(frame, VIEWS_IN_ROW);
  const described = VERDICTS.map((verdict) => `${count(counts[verdict])} ${LOOKS[verdict].meaning}`).join(
    '; ',
  );
  const picture = slideMap(
    frame,
    `Close view of ${input.name}: ${described}`,
    html`${trueCells(input, px)}${VERDICTS.map((verdict) => marks(drawn[verdict], verdict, placed, px)).reverse()}${resultCells(input, px)}`,
    VIEWS_IN_ROW,
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

const trueCells = ({ trueOutlines, truthId, drawsTruth }: ViewInput, px: number): Html =>
  drawsTruth
    ? html`<path id="${truthId}" d="${trueOutlines.map(({ polygons }) => pathOf(polygons)).join('')}" fill="${TRUE_FILL}" fill-opacity="0.75" stroke="${TRUE_LINE}" stroke-width="${number(px)}" stroke-linejoin="round"/>`
    : html`<use href="#${truthId}"/>`;

const resultCells = ({ outlines }: ViewInput, px: number): Html | null =>
  outlines &&
  html`<path d="${outlines.map(({ polygons }) => pathOf(polygons)).join('')}" fill="none" stroke="${RESULT_LINE}" stroke-width="${number(1.6 * px)}" stroke-linejoin="round"/>`;

/** One path for all transcripts of a verdict; a dot is a line of no length with round ends. */
function marks(
  slots: readonly number[],
  verdict: Verdict,
  { x, y }: PlacedTranscripts,
  px: number,
): Html | null {
  if (slots.length === 0) return null;
  const { colour, shape, sizePx } = LOOKS[verdict];
  const r = (sizePx / 2) * px;
  const d = slots.map((slot) => `M${tenth(x[slot])} ${tenth(y[slot])}${SHAPES[shape](r)}`).join('');
  const width = shape === 'dot' ? sizePx : LINE_PX;
  return html`<path d="${d}" fill="none" stroke="${colour}" stroke-width="${number(width * px)}" stroke-linecap="round"/>`;
}

const SHAPES = {
  dot: () => 'h0',
  ring: (r: number) =>
    `m${number(-r)} 0a${number(r)} ${number(r)} 0 1 0 ${number(2 * r)} 0a${number(r)} ${number(r)} 0 1 0 ${number(-2 * r)} 0`,
  cross: (r: number) =>
    `m${number(-r)} ${number(-r)}l${number(2 * r)} ${number(2 * r)}m0 ${number(-2 * r)}l${number(-2 * r)} ${number(2 * r)}`,
} as const;

/** A tenth of a micron is less than a pixel. */
const tenth = (value: number): string => String(Math.round(value * 10) / 10);
