import type { Polygon } from '@spatile/formats/geometry/wkb';
import type { RectUm } from '@spatile/formats/space';
import { type Html, type HtmlValue, html } from './html.ts';
import type { ImageLayer } from './image-layer.ts';

/** Pictures of the slide in SVG: the user unit is a micron, x right, y down, as everywhere. */

/** The largest size at which a map is shown, in CSS pixels: text and lines are made for it. */
const SHOWN_WIDTH_PX = 1160;
const SHOWN_HEIGHT_PX = 820;

/** Microns that are as long as a CSS pixel when a map is shown as large as it can be; `columns` maps share the width. */
export function pixelUm(frame: RectUm, columns = 1): number {
  return Math.max(
    (frame.x1 - frame.x0) / (SHOWN_WIDTH_PX / columns),
    (frame.y1 - frame.y0) / SHOWN_HEIGHT_PX,
    1e-9,
  );
}

/** A map with its ground, which the style sheet colours, and a scale bar. `describe` is for people who cannot see it. */
export function slideMap(
  frame: RectUm,
  describe: string,
  layers: HtmlValue,
  columns = 1,
  ground: 'dark' | 'light' = 'dark',
): Html {
  const { x0, y0, x1, y1 } = frame;
  const [width, height] = [x1 - x0, y1 - y0];
  return html`<svg class="${ground === 'dark' ? 'map' : 'map light'}" style="width:${Math.ceil(width / pixelUm(frame))}px" role="img" aria-label="${describe}" viewBox="${number(x0)} ${number(y0)} ${number(width)} ${number(height)}" preserveAspectRatio="xMidYMid meet">${layers}${scaleBar(frame, pixelUm(frame, columns))}</svg>`;
}

/** A picture in the frame of the slide. */
export function imageElement(layer: ImageLayer, id: string): Html {
  const [a, b, c, d, e, f] = layer.toUm;
  return html`<image id="${id}" href="${layer.href}" width="${layer.widthPx}" height="${layer.heightPx}" preserveAspectRatio="none" transform="matrix(${[a, d, b, e, c, f].map((value) => value.toPrecision(9)).join(' ')})"/>`;
}

/** Path data of closed rings; 2 decimals are a hundredth of a micron. */
export function pathOf(polygons: readonly Polygon[]): string {
  return polygons
    .flat()
    .map((ring) => {
      const points: string[] = [];
      for (let i = 0; i + 3 < ring.length; i += 2) points.push(`${number(ring[i])} ${number(ring[i + 1])}`);
      return points.length === 0 ? '' : `M${points.join('L')}Z`;
    })
    .join('');
}

/** A number with at most two decimals. */
export const number = (value: number): string => String(Math.round(value * 100) / 100);

/** A bar of a round length near a fifth of the width, lower left. */
function scaleBar({ x0, y1, x1 }: RectUm, px: number): Html {
  const lengthUm = roundLength((x1 - x0) / 5);
  const [x, y] = [x0 + 14 * px, y1 - 14 * px];
  // The ground is as wide as bar and label.
  const width = Math.max(lengthUm, 38 * px) + 12 * px;
  const label = lengthUm >= 1000 ? `${lengthUm / 1000} mm` : `${lengthUm} µm`;
  return html`<g class="scale"><rect x="${number(x + (lengthUm - width) / 2)}" y="${number(y - 22 * px)}" width="${number(width)}" height="${number(30 * px)}" fill="#000" fill-opacity="0.55"/><path d="M${number(x)} ${number(y)}h${number(lengthUm)}" stroke="#fff" stroke-width="${number(3 * px)}"/><text x="${number(x + lengthUm / 2)}" y="${number(y - 6 * px)}" font-size="${number(13 * px)}" text-anchor="middle" fill="#fff">${label}</text></g>`;
}

/** The largest of 1, 2, 5, 10, ... that is not above `wanted`. */
export function roundLength(wanted: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(wanted, 1e-3)));
  return [5, 2, 1].map((digit) => digit * power).find((length) => length <= wanted) ?? power;
}
