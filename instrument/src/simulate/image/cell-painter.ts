import { exp } from '@spatile/random/elementary';
import { RandomStream } from '@spatile/random/stream';
import { CELL_TYPES } from '../cell-types.ts';
import { pointInRing, type StarRing } from '../star-ring.ts';
import type { Cell } from '../tissue.ts';
import type { Canvas, Level } from './canvas.ts';
import { BOUNDARY, DAPI, INTERIOR_PROTEIN, INTERIOR_RNA, stainOf } from './channels.ts';
import { Grain } from './grain.ts';

/** Counts of a typical nucleus, of the strongest rim, of the cytoplasm of a cell of average output, of actin. */
const NUCLEUS_LEVEL = 1500;
const RIM_LEVEL = 2600;
const RNA_LEVEL = 1500;
const PROTEIN_LEVEL = 1800;
/** What is weaker than this does not show. */
const INVISIBLE = 40;
/** Nuclear area in square microns at which a nucleus is as bright as stated: the DNA is the same in smaller ones. */
const TYPICAL_NUCLEUS_UM2 = 50;
const RIM_HALF_WIDTH_UM = 0.75;
/** Membrane above and below the cell's middle, seen from above: share of the rim's level. */
const MEMBRANE_FACE = 0.1;
/** What of the cytoplasm's light is missing where the nucleus is. */
const NUCLEUS_SHADOW = 0.55;
/** Knots of the rim's strength around a cell; below the threshold the rim is broken. */
const RIM_KNOTS = 11;
const RIM_BREAK = 0.2;
/** Cells farther than this from the focal plane (in sd of the cells' heights) blur, fully so one blur depth on. */
const FOCUS_DEPTH = 1;
const BLUR_DEPTH = 1.4;
/** Share of the light of bodies as thick as the section that is never in focus. */
const THICK = 0.35;
const NUCLEAR_THICK = 0.1;

/** How one cell looks; drawn from its key, so that every tile that shows a part of it draws the same. */
interface Look {
  stream: RandomStream;
  /** Share of its light that is out of focus. */
  soft: number;
  /** Where it begins in the textures. */
  grainX: number;
  grainY: number;
  /** Counts of the cytoplasm. */
  rna: number;
}

/** Draws cells: what of them shines in each channel. Every cell looks its own way, a pure function of seed and key. */
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
      [4, 0.8],
      [8, 1],
      [32, 1],
    ]);
  }

  /** Adds a cell's light to the canvas, as far as it lies on it. */
  paint(canvas: Canvas, cell: Cell): void {
    if (!canvas.touches(cell.body.centreX, cell.body.centreY, cell.body.reachUm + RIM_HALF_WIDTH_UM)) return;
    const stream = new RandomStream(this.#seed, 'look', cell.key);
    const type = CELL_TYPES[cell.type];
    const stain = stainOf(type.name);
    const look = {
      stream,
      soft: Math.min(0.9, Math.max(0, (Math.abs(cell.z) - FOCUS_DEPTH) / BLUR_DEPTH)),
      grainX: stream.integer(512),
      grainY: stream.integer(512),
      rna: RNA_LEVEL * type.output * exp(0.3 * stream.normal()),
    };
    const rim = RIM_LEVEL * stain.rim * exp(0.4 * stream.normal());
    const protein = PROTEIN_LEVEL * stain.protein * exp(0.5 * stream.normal());
    this.#paintRna(canvas, cell, look);
    if (protein > INVISIBLE) this.#paintProtein(canvas, cell, look, protein);
    if (rim > INVISIBLE) this.#paintRim(canvas, cell, look, rim);
    for (const nucleus of cell.nuclei) this.#paintDna(canvas, nucleus, look, cell.brightness);
  }

  /** Ribosomal RNA: the cytoplasm, hardly the nucleus, but the nucleoli. */
  #paintRna(canvas: Canvas, { body, nuclei }: Cell, { stream, soft, grainX, grainY, rna }: Look): void {
    const blur = thick(soft, THICK);
    const grain = this.#cytoplasm;
    const texture: Level = (x, y) => Math.max(0.25, 1 + 0.2 * grain.at(x + grainX, y + grainY));
    canvas.fill(INTERIOR_RNA, body.vertices, rna, texture, blur);
    for (const nucleus of nuclei) {
      canvas.fill(INTERIOR_RNA, nucleus.vertices, -NUCLEUS_SHADOW * rna, texture, blur);
      for (let n = 1 + stream.integer(3); n > 0; n--) {
        pointInRing(nucleus, stream.uniform(), 0.6 * stream.uniform(), this.#place);
        const radius = 0.7 + 0.7 * stream.uniform();
        const level = 0.7 * (1 - soft) * rna;
        canvas.disc(canvas.sharp[INTERIOR_RNA], this.#place[0], this.#place[1], radius, level);
      }
    }
  }

  /** Filaments along the cell's axis: a texture stretched in that direction. */
  #paintProtein(canvas: Canvas, { body, nuclei }: Cell, look: Look, level: number): void {
    const { grainX, grainY } = look;
    const { cos, sin } = body.fan.frame;
    const blur = thick(look.soft, THICK);
    const grain = this.#cytoplasm;
    const texture: Level = (x, y) => {
      const along = Math.floor(0.25 * (cos * x + sin * y)) + grainX;
      const across = Math.floor(1.5 * (cos * y - sin * x)) + grainY;
      return Math.max(0.1, 1 + 0.4 * grain.at(along, across));
    };
    canvas.fill(INTERIOR_PROTEIN, body.vertices, level, texture, blur);
    for (const nucleus of nuclei)
      canvas.fill(INTERIOR_PROTEIN, nucleus.vertices, -NUCLEUS_SHADOW * level, texture, blur);
  }

  /** The membrane, seen from the side at the rim and from above elsewhere. */
  #paintRim(canvas: Canvas, { body }: Cell, { stream, soft, grainX, grainY }: Look, level: number): void {
    const grain = this.#cytoplasm;
    const texture: Level = (x, y) => Math.max(0.1, 1 + 0.3 * grain.at(x - grainX, y - grainY));
    canvas.fill(BOUNDARY, body.vertices, MEMBRANE_FACE * level, texture, thick(soft, THICK));
    const levels = rimLevels(stream, body.vertices.length / 2, level);
    canvas.rim(BOUNDARY, body.vertices, levels, RIM_HALF_WIDTH_UM, texture, thick(soft, 0.15));
  }

  #paintDna(canvas: Canvas, nucleus: StarRing, { soft, grainX, grainY }: Look, brightness: number): void {
    const packing = Math.sqrt(TYPICAL_NUCLEUS_UM2 / nucleus.area);
    const level = NUCLEUS_LEVEL * packing * exp(1.6 * (brightness - 0.5));
    const grain = this.#chromatin;
    const texture: Level = (x, y) => Math.max(0.3, 1 + 0.22 * grain.at(x + grainX, y + grainY));
    canvas.fill(DAPI, nucleus.vertices, level, texture, thick(soft, NUCLEAR_THICK));
  }
}

/** Share out of focus of a body of which a part always is. */
const thick = (soft: number, always: number): number => always + (1 - always) * soft;

/** Strength of the rim at each of n vertices: smooth around the cell, and nothing where it is broken. */
function rimLevels(stream: RandomStream, n: number, level: number): Float64Array {
  const knots = Array.from({ length: RIM_KNOTS }, () => stream.uniform());
  return Float64Array.from({ length: n }, (_, k) => {
    const place = (RIM_KNOTS * k) / n;
    const i = Math.floor(place);
    const t = place - i;
    const strength = (1 - t) * knots[i] + t * knots[(i + 1) % RIM_KNOTS];
    return strength < RIM_BREAK ? 0 : level * (0.35 + 0.9 * strength);
  });
}
