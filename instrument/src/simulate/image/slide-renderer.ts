import { growRect } from '@spatile/formats/space';
import { BLOCK_UM } from '../blocks.ts';
import { PIXEL_SIZE_UM } from '../manifest.ts';
import { MAX_REACH_UM } from '../shapes.ts';
import type { Tissue } from '../tissue.ts';
import { Camera } from './camera.ts';
import { Canvas } from './canvas.ts';
import { CellPainter } from './cell-painter.ts';
import { CHANNELS } from './channels.ts';
import { DEBRIS_REACH_UM, paintDebris } from './debris.ts';
import { TILE_PX } from './ome-tiff.ts';
import { MARGIN_PX, Optics, WINDOW_STEP_PX } from './optics.ts';

const MOST_PX = (TILE_PX + 2 * MARGIN_PX) ** 2;

/** Renders the slide one tile at a time, all channels at once. Memory is a few planes of a tile, whatever the slide. */
export class SlideRenderer {
  readonly #tissue: Tissue;
  readonly #sizePx: number;
  readonly #painter: CellPainter;
  readonly #canvas = new Canvas(MOST_PX, CHANNELS.length);
  readonly #optics = new Optics(MOST_PX);
  readonly #cameras: Camera[];

  constructor(tissue: Tissue) {
    const { seed, sizeUm } = tissue.settings;
    this.#tissue = tissue;
    this.#sizePx = slidePx(sizeUm);
    this.#painter = new CellPainter(seed);
    this.#cameras = CHANNELS.map((channel) => new Camera(seed, channel));
  }

  /** Row-major camera counts of a tile (`TILE_PX` squared), one array per channel; 0 beyond the slide. */
  tile(column: number, row: number): Uint16Array[] {
    const canvas = this.#canvas;
    const left = column * TILE_PX;
    const top = row * TILE_PX;
    const width = Math.min(TILE_PX, this.#sizePx - left);
    const height = Math.min(TILE_PX, this.#sizePx - top);
    canvas.clear(left - MARGIN_PX, top - MARGIN_PX, windowPx(width), windowPx(height));
    for (const cell of this.#tissue.near(growRect(canvas.rect, MAX_REACH_UM + 1)))
      this.#painter.paint(canvas, cell);
    this.#paintDebris();
    const { sharp, soft, widthPx, heightPx } = canvas;
    return this.#cameras.map((camera, channel) => {
      const seen = this.#optics.seen(channel, sharp[channel], soft[channel], widthPx, heightPx);
      return camera.expose(seen, widthPx, MARGIN_PX, { left, top, width, height });
    });
  }

  #paintDebris(): void {
    const { x0, y0, x1, y1 } = growRect(this.#canvas.rect, DEBRIS_REACH_UM);
    for (let row = Math.floor(y0 / BLOCK_UM); row * BLOCK_UM < y1; row++)
      for (let column = Math.floor(x0 / BLOCK_UM); column * BLOCK_UM < x1; column++)
        paintDebris(this.#canvas, this.#tissue.settings.seed, column, row);
  }
}

/** Edge of the slide's images in pixels. */
export function slidePx(sizeUm: number): number {
  return Math.ceil(sizeUm / PIXEL_SIZE_UM);
}

/** Edge of a window with margins around some pixels. */
function windowPx(px: number): number {
  return WINDOW_STEP_PX * Math.ceil(px / WINDOW_STEP_PX) + 2 * MARGIN_PX;
}
