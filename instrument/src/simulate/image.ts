import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { growRect, type RectUm } from '@spatile/formats/space';
import { RandomStream } from '@spatile/random/stream';
import { PIXEL_SIZE_UM } from './manifest.ts';
import { OmeTiffWriter, TILE_PX } from './ome-tiff.ts';
import { SmoothField } from './smooth-field.ts';
import type { StarRing } from './star-ring.ts';
import type { Tissue } from './tissue.ts';

/** Camera counts: offset, light outside nuclei, and of nuclei from the dimmest to the brightest. */
const OFFSET = 120;
const HAZE = 180;
const DIMMEST = 900;
const BRIGHTEST = 4200;
/** Width of a nucleus' blurred rim as a share of its radius. */
const RIM = 0.28;
/** Grain of chromatin and of uneven light. */
const CHROMATIN_SCALE_UM = 1.3;
const LIGHT_SCALE_UM = 180;
const READ_NOISE = 18;

/** Writes the DAPI image of the slide into `folder` as one OME-TIFF at 0.2125 microns per pixel, tile by tile. */
export async function writeDapi(
  folder: string,
  tissue: Tissue,
  progress: (done: number, total: number) => void,
): Promise<void> {
  await mkdir(folder, { recursive: true });
  const sizePx = Math.ceil(tissue.settings.sizeUm / PIXEL_SIZE_UM);
  const name = 'morphology_focus_0000.ome.tif';
  const writer = await OmeTiffWriter.create(join(folder, name), {
    name,
    widthPx: sizePx,
    heightPx: sizePx,
    pixelSizeUm: PIXEL_SIZE_UM,
    channel: 'DAPI',
    // Only names the file within its set; any constant does.
    uuid: `urn:uuid:00000000-0000-4000-8000-${BigInt.asUintN(48, BigInt(tissue.settings.seed)).toString(16).padStart(12, '0')}`,
  });
  const renderer = new DapiRenderer(tissue);
  const across = Math.ceil(sizePx / TILE_PX);
  try {
    for (let row = 0; row < across; row++) {
      for (let column = 0; column < across; column++) {
        await writer.tile(renderer.tile(column, row));
        progress(row * across + column + 1, across * across);
      }
    }
    await writer.finish();
  } finally {
    await writer.close();
  }
}

/** Paints one tile at a time: nuclei with soft rims and grainy chromatin on haze, uneven light, photon and read noise. */
export class DapiRenderer {
  readonly #tissue: Tissue;
  readonly #light: SmoothField;
  readonly #chromatin: SmoothField;
  readonly #signal = new Float32Array(TILE_PX * TILE_PX);

  constructor(tissue: Tissue) {
    this.#tissue = tissue;
    this.#light = new SmoothField(tissue.settings.seed, 'light', LIGHT_SCALE_UM);
    this.#chromatin = new SmoothField(tissue.settings.seed, 'chromatin', CHROMATIN_SCALE_UM);
  }

  /** Row-major camera counts of a tile; pixels beyond the slide hold haze and noise only. */
  tile(column: number, row: number): Uint16Array {
    const edgeUm = TILE_PX * PIXEL_SIZE_UM;
    const rect = { x0: column * edgeUm, y0: row * edgeUm, x1: (column + 1) * edgeUm, y1: (row + 1) * edgeUm };
    this.#signal.fill(HAZE);
    for (const cell of this.#tissue.near(growRect(rect, 25))) {
      for (const nucleus of cell.nuclei)
        this.#paint(nucleus, DIMMEST + (BRIGHTEST - DIMMEST) * cell.brightness ** 1.5, rect);
    }
    return this.#expose(rect, new RandomStream(this.#tissue.settings.seed, 'camera', column, row));
  }

  #paint(nucleus: StarRing, counts: number, rect: RectUm): void {
    const reach = nucleus.reachUm * (1 + RIM);
    const firstColumn = Math.max(0, Math.floor((nucleus.centreX - reach - rect.x0) / PIXEL_SIZE_UM));
    const lastColumn = Math.min(TILE_PX - 1, Math.ceil((nucleus.centreX + reach - rect.x0) / PIXEL_SIZE_UM));
    const firstRow = Math.max(0, Math.floor((nucleus.centreY - reach - rect.y0) / PIXEL_SIZE_UM));
    const lastRow = Math.min(TILE_PX - 1, Math.ceil((nucleus.centreY + reach - rect.y0) / PIXEL_SIZE_UM));
    for (let row = firstRow; row <= lastRow; row++) {
      const y = rect.y0 + (row + 0.5) * PIXEL_SIZE_UM;
      for (let column = firstColumn; column <= lastColumn; column++) {
        const x = rect.x0 + (column + 0.5) * PIXEL_SIZE_UM;
        const depth = (1 + RIM / 2 - relativeRadius(nucleus, x, y)) / RIM;
        if (depth <= 0) continue;
        const t = Math.min(1, depth);
        const grain = 0.65 + 0.7 * this.#chromatin.at(x, y);
        this.#signal[row * TILE_PX + column] += counts * grain * t * t * (3 - 2 * t);
      }
    }
  }

  #expose(rect: RectUm, stream: RandomStream): Uint16Array {
    const counts = new Uint16Array(TILE_PX * TILE_PX);
    for (let row = 0; row < TILE_PX; row++) {
      const y = rect.y0 + row * PIXEL_SIZE_UM;
      for (let column = 0; column < TILE_PX; column++) {
        const at = row * TILE_PX + column;
        // Light changes slowly: one look-up serves 16 pixels.
        const light = 0.7 + 0.6 * this.#light.at(rect.x0 + (column & ~15) * PIXEL_SIZE_UM, y);
        const signal = this.#signal[at] * light;
        const noise = Math.sqrt(READ_NOISE * READ_NOISE + 2 * signal) * stream.normal();
        counts[at] = Math.max(0, Math.min(65535, Math.round(OFFSET + signal + noise)));
      }
    }
    return counts;
  }
}

/** Distance from the centre in units of the ring's radius in that direction (linear between its vertices). */
function relativeRadius(ring: StarRing, x: number, y: number): number {
  const dx = x - ring.centreX;
  const dy = y - ring.centreY;
  const n = ring.vertices.length / 2;
  const turn = (Math.atan2(dy, dx) / (2 * Math.PI) + 1) * n;
  const k = Math.floor(turn) % n;
  const share = turn - Math.floor(turn);
  const radius = (1 - share) * vertexRadius(ring, k) + share * vertexRadius(ring, (k + 1) % n);
  return Math.sqrt(dx * dx + dy * dy) / radius;
}

function vertexRadius(ring: StarRing, k: number): number {
  const dx = ring.vertices[2 * k] - ring.centreX;
  const dy = ring.vertices[2 * k + 1] - ring.centreY;
  return Math.sqrt(dx * dx + dy * dy);
}
