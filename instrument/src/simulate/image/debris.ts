import { RandomStream } from '@spatile/random/stream';
import { BLOCK_UM } from '../blocks.ts';
import type { Canvas } from './canvas.ts';

/** Expected numbers in a block. */
const SPECKS = 5;
const BLOBS = 1.2;
const FIBRES = 0.2;
const DUST = 0.4;
/** Fibres go at most this many steps of this length from where they begin. */
const FIBRE_STEPS = 110;
const FIBRE_STEP_UM = 0.5;
/** How far debris may reach beyond its block. */
export const DEBRIS_REACH_UM = FIBRE_STEPS * FIBRE_STEP_UM + 5;

/** How strongly things shine of themselves, by channel (DAPI, boundary, RNA, protein). */
const AUTOFLUORESCENCE = [0.35, 1, 0.8, 0.9];
const TEXTILE = [1, 0.7, 0.5, 0.4];

/** Draws what is no tissue within a block: bright specks, autofluorescent blobs, fibres, and dust far out of focus. */
export function paintDebris(canvas: Canvas, seed: number, column: number, row: number): void {
  const stream = new RandomStream(seed, 'debris', column, row);
  const place = (): [number, number] => [
    (column + stream.uniform()) * BLOCK_UM,
    (row + stream.uniform()) * BLOCK_UM,
  ];
  repeat(stream, SPECKS, () => paintSpeck(canvas, stream, ...place()));
  repeat(stream, BLOBS, () => paintBlob(canvas, stream, ...place()));
  repeat(stream, FIBRES, () => paintFibre(canvas, stream, ...place()));
  repeat(stream, DUST, () => {
    const [x, y] = place();
    const radius = 6 + 12 * stream.uniform();
    shine(canvas.soft, AUTOFLUORESCENCE, 80 + 250 * stream.uniform(), (plane, level) =>
      canvas.disc(plane, x, y, radius, level),
    );
  });
}

function repeat(stream: RandomStream, mean: number, paint: () => void): void {
  for (let n = stream.poisson(mean); n > 0; n--) paint();
}

/** A precipitate of one stain, or for half of them a scrap of DNA. */
function paintSpeck(canvas: Canvas, stream: RandomStream, x: number, y: number): void {
  const channel = Math.max(0, stream.integer(2 * (canvas.sharp.length - 1)) - (canvas.sharp.length - 2));
  const radius = 0.4 + 0.9 * stream.uniform() * stream.uniform();
  canvas.disc(canvas.sharp[channel], x, y, radius, 1500 + 2500 * stream.exponential());
}

/** Overlapping discs, such as lipofuscin or a clump of red blood cells. */
function paintBlob(canvas: Canvas, stream: RandomStream, x: number, y: number): void {
  const level = 150 + 400 * stream.exponential();
  for (let n = 3 + stream.integer(8); n > 0; n--) {
    const cx = x + 1.8 * stream.normal();
    const cy = y + 1.8 * stream.normal();
    const radius = 0.8 + 1.6 * stream.uniform();
    shine(canvas.sharp, AUTOFLUORESCENCE, level, (plane, part) => canvas.disc(plane, cx, cy, radius, part));
  }
}

/** A curved textile fibre: discs along a path whose direction drifts; half of it out of focus. */
function paintFibre(canvas: Canvas, stream: RandomStream, startX: number, startY: number): void {
  const steps = 40 + stream.integer(FIBRE_STEPS - 40);
  const radius = 0.8 + 0.7 * stream.uniform();
  const level = 150 + 500 * stream.uniform();
  let [x, y] = [startX, startY];
  let [dx, dy] = [stream.normal(), stream.normal()];
  let bend = 0;
  for (let i = 0; i < steps; i++) {
    bend = 0.9 * bend + 0.012 * stream.normal();
    [dx, dy] = [dx - bend * dy, dy + bend * dx];
    const length = Math.sqrt(dx * dx + dy * dy);
    dx /= length;
    dy /= length;
    x += FIBRE_STEP_UM * dx;
    y += FIBRE_STEP_UM * dy;
    for (const planes of [canvas.sharp, canvas.soft])
      shine(planes, TEXTILE, level / 2, (plane, part) => canvas.disc(plane, x, y, radius, part));
  }
}

function shine(
  planes: readonly Float32Array[],
  weights: readonly number[],
  level: number,
  paint: (plane: Float32Array, level: number) => void,
): void {
  planes.forEach((plane, channel) => {
    paint(plane, weights[channel] * level);
  });
}
