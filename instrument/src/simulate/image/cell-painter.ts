import { exp } from '@spatile/random/elementary';
import { RandomStream } from '@spatile/random/stream';
import { CELL_TYPES } from '../cell-types.ts';
import { pointInRing, type StarRing } from '../star-ring.ts';
import type { Cell } from '../tissue.ts';
import type { Canvas } from './canvas.ts';
import { BOUNDARY, DAPI, INTERIOR_PROTEIN, INTERIOR_RNA, stainOf } from './channels.ts';
import { Grain } from './grain.ts';

/** Counts of a typical nucleus, of the strongest rim, of the cytoplasm of a cell of average output, of actin. */
const NUCLEUS_LEVEL = 1500;
const RIM_LEVEL = 2600;
const RNA_LEVEL = 1500;
const PROTEIN_LEVEL = 1800;
/** Nuclear area in square microns at which a nucleus is as bright as stated: the DNA is the same in smaller ones. */
const TYPICAL_NUCLEUS_UM2 = 50;
const RIM_HALF_WIDTH_UM = 0.75;
/** Membrane above and below the cell's middle, seen from above: share of the rim's level. */
const MEMBRANE_FACE = 0.09;
/** What of the cytoplasm's light is missing where the nucleus is. */
const NUCLEUS_SHADOW = 0.55;
/** Knots of the rim's strength around a cell; below the threshold the rim is broken. */
const RIM_KNOTS = 9;
const RIM_BREAK = 0.14;
/** Cells farther than this from the focal plane (in sd of the cells' heights) blur, fully so one blur depth on. */
const FOCUS_DEPTH = 1;
const BLUR_DEPTH = 1.3;

/** Draws cells: what of them shines in each channel, each cell in a way of its own (a pure function of seed and key). */
export class CellPainter {
  readonly #seed: number;
  readonly #chromatin: Grain;
  readonly #cytoplasm: Grain;
  readonly #place = new Float64Array(2);

  constructor(seed: number) {
    this.#seed = seed;
    this.#chromatin = new Grain(seed, 'chromatin', [
      [4, 1],
      [8, 1.2],
      [16, 0.8],
    ]);
    this.#cytoplasm = new Grain(seed, 'cytoplasm', [
      [2, 0.7],
      [8, 1],
      [32, 1],
    ]);
  }

  paint(canvas: Canvas, cell: Cell): void {
    const stream = new RandomStream(this.#seed, 'look', cell.key);
    const type = CELL_TYPES[cell.type];
    const stain = stainOf(type.name);
    const soft = softShare(cell);
    const grainX = stream.integer(512);
    const grainY = stream.integer(512);
    const vary = (sd: number): number => exp(sd * stream.normal());
    const rim = RIM_LEVEL * stain.rim * vary(0.35);
    const rna = RNA_LEVEL * type.output * vary(0.3);
    const protein = PROTEIN_LEVEL * stain.protein * vary(0.5);
    const streaks = this.#streaks(cell, grainX, grainY);
    const cytoplasm = (x: number, y: number): number =>
      Math.max(0.25, 1 + 0.2 * this.#cytoplasm.at(x + grainX, y + grainY));

    fill(canvas, INTERIOR_RNA, cell.body, soft, (x, y) => rna * cytoplasm(x, y));
    if (protein > 40) fill(canvas, INTERIOR_PROTEIN, cell.body, soft, (x, y) => protein * streaks(x, y));
    if (rim > 40) {
      fill(canvas, BOUNDARY, cell.body, soft, () => MEMBRANE_FACE * rim);
      canvas.rim(BOUNDARY, cell.body.vertices, rimLevels(stream, cell, rim), RIM_HALF_WIDTH_UM, soft);
    }
    for (const nucleus of cell.nuclei) {
      fill(canvas, INTERIOR_RNA, nucleus, soft, (x, y) => -NUCLEUS_SHADOW * rna * cytoplasm(x, y));
      if (protein > 40)
        fill(canvas, INTERIOR_PROTEIN, nucleus, soft, (x, y) => -NUCLEUS_SHADOW * protein * streaks(x, y));
      this.#paintDna(canvas, nucleus, cell.brightness, soft, grainX, grainY);
      this.#paintNucleoli(canvas, stream, nucleus, rna, soft);
    }
  }

  #paintDna(
    canvas: Canvas,
    nucleus: StarRing,
    brightness: number,
    soft: number,
    grainX: number,
    grainY: number,
  ): void {
    const packing = Math.sqrt(TYPICAL_NUCLEUS_UM2 / Math.max(8, nucleus.area));
    const level = NUCLEUS_LEVEL * packing * exp(1.6 * (brightness - 0.5));
    fill(
      canvas,
      DAPI,
      nucleus,
      soft,
      (x, y) => level * Math.max(0.3, 1 + 0.22 * this.#chromatin.at(x + grainX, y + grainY)),
    );
  }

  /** One to three nucleoli: rich in ribosomal RNA, poor in DNA. */
  #paintNucleoli(canvas: Canvas, stream: RandomStream, nucleus: StarRing, rna: number, soft: number): void {
    const count = 1 + stream.integer(3);
    for (let i = 0; i < count; i++) {
      pointInRing(nucleus, stream.uniform(), 0.6 * stream.uniform(), this.#place);
      const radius = 0.7 + 0.7 * stream.uniform();
      canvas.disc(canvas.sharp[INTERIOR_RNA], this.#place[0], this.#place[1], radius, 0.7 * (1 - soft) * rna);
    }
  }

  /** Filaments along the cell's long axis: a texture stretched in that direction. */
  #streaks(cell: Cell, grainX: number, grainY: number): (x: number, y: number) => number {
    const { c, s } = longAxis(cell.body);
    return (x, y) => {
      const along = Math.floor(0.25 * (c * x + s * y)) + grainX;
      const across = Math.floor(2 * (c * y - s * x)) + grainY;
      return Math.max(0.1, 1 + 0.45 * this.#cytoplasm.at(along, across));
    };
  }
}

/** Share of a cell's light that is out of focus: cells of the second layer lie above the focal plane. */
function softShare(cell: Cell): number {
  const depth = Math.abs(cell.z);
  return Math.min(0.9, Math.max(0, (depth - FOCUS_DEPTH) / BLUR_DEPTH));
}

/** Adds `level(x, y)` (x, y: pixels of the slide) wherever the ring covers the middle of a pixel. */
function fill(
  canvas: Canvas,
  channel: number,
  ring: StarRing,
  soft: number,
  level: (x: number, y: number) => number,
): void {
  const sharp = canvas.sharp[channel];
  const blurred = canvas.soft[channel];
  const { length, values } = canvas.spansOf(ring.vertices);
  for (let k = 0; k < length; k += 3) {
    const row = values[k];
    for (let column = values[k + 1]; column < values[k + 2]; column++) {
      const light = level(canvas.left + column, canvas.top + row);
      const at = row * canvas.edgePx + column;
      sharp[at] += (1 - soft) * light;
      if (soft > 0) blurred[at] += soft * light;
    }
  }
}

/** Strength of the rim at each vertex: smooth around the cell, and nothing where it is broken. */
function rimLevels(stream: RandomStream, cell: Cell, level: number): Float64Array {
  const knots = Array.from({ length: RIM_KNOTS }, () => stream.uniform());
  const n = cell.body.vertices.length / 2;
  return Float64Array.from({ length: n }, (_, k) => {
    const place = (RIM_KNOTS * k) / n;
    const i = Math.floor(place);
    const t = place - i;
    const strength = (1 - t) * knots[i] + t * knots[(i + 1) % RIM_KNOTS];
    return strength < RIM_BREAK ? 0 : level * (0.45 + 0.75 * strength);
  });
}

/** Unit vector along the largest spread of a ring's vertices, from the half angle of their covariance. */
function longAxis({ vertices, centreX, centreY }: StarRing): { c: number; s: number } {
  let xx = 0;
  let xy = 0;
  let yy = 0;
  for (let k = 0; k < vertices.length; k += 2) {
    const dx = vertices[k] - centreX;
    const dy = vertices[k + 1] - centreY;
    xx += dx * dx;
    xy += dx * dy;
    yy += dy * dy;
  }
  const cosine = (xx - yy) / Math.max(1e-9, Math.sqrt((xx - yy) * (xx - yy) + 4 * xy * xy));
  const c = Math.sqrt((1 + cosine) / 2);
  const s = Math.sqrt((1 - cosine) / 2);
  return { c, s: xy < 0 ? -s : s };
}

/** How far a cell's light may reach beyond its seed, in microns. */
export const CELL_REACH_UM = 45;
