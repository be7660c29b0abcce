import type { Polygon } from '@spatile/formats/geometry/wkb';
import type { RectUm } from '@spatile/formats/space';
import { type Html, type HtmlValue, html } from '../../html.ts';

/**
 * Paths of thousands of marks as short text: whole steps of a twentieth of a micron (less than half a pixel), each relative
 * to the one before. They stand in a group that brings them back to microns.
 */

export const STEP_UM = 0.05;
/** Marks are written in rows of this height, so that the next is near. */
const ROW_STEPS = 30;

/** The group for short paths of a frame; lengths within, such as widths of lines, are in steps. */
export function shortPaths({ x0, y0 }: RectUm, layers: HtmlValue): Html {
  return html`<g transform="translate(${x0} ${y0}) scale(${STEP_UM})">${layers}</g>`;
}

/** Path data with `mark` drawn at each place; `mark` is relative and must end where it began. */
export function marksPath(
  places: readonly (readonly [x: number, y: number])[],
  frame: RectUm,
  mark: string,
): string {
  const steps = places
    .map((place) => toSteps(place, frame))
    .sort(
      ([ax, ay], [bx, by]) => Math.floor(ay / ROW_STEPS) - Math.floor(by / ROW_STEPS) || ax - bx || ay - by,
    );
  let [x, y] = [0, 0];
  return steps
    .map(([toX, toY]) => {
      const move = `m${pair(toX - x, toY - y)}${mark}`;
      [x, y] = [toX, toY];
      return move;
    })
    .join('');
}

/** Path data of rings, closed or not. Points that fall on the one before are left out. */
export function ringsPath(polygons: readonly Polygon[], frame: RectUm): string {
  return polygons
    .flat()
    .map((ring) => ringPath(ring, frame))
    .join('');
}

function ringPath(ring: Float64Array, frame: RectUm): string {
  if (ring.length < 6) return '';
  const last = ring.length - 2;
  const end = ring[0] === ring[last] && ring[1] === ring[last + 1] ? last : ring.length;
  let [x, y] = toSteps([ring[0], ring[1]], frame);
  const parts = [`M${pair(x, y)}l`];
  let between = '';
  for (let i = 2; i + 1 < end; i += 2) {
    const [toX, toY] = toSteps([ring[i], ring[i + 1]], frame);
    if (toX === x && toY === y) continue;
    const step = pair(toX - x, toY - y);
    parts.push(step.startsWith('-') ? step : between + step);
    between = ' ';
    [x, y] = [toX, toY];
  }
  return `${parts.join('')}z`;
}

const toSteps = ([x, y]: readonly [number, number], { x0, y0 }: RectUm): [number, number] => [
  Math.round((x - x0) / STEP_UM),
  Math.round((y - y0) / STEP_UM),
];

/** Two numbers; a minus sign parts them by itself. */
const pair = (x: number, y: number): string => (y < 0 ? `${x}${y}` : `${x} ${y}`);
