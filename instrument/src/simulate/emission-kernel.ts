import type { RandomStream } from '@spatile/random/stream';
import { SimulateKernel } from '../../kernels/bind.ts';
import type { LeakRegion } from './leakage.ts';
import { normalTable } from './normal-quantiles.ts';
import { NUCLEUS_RAYS } from './nuclei.ts';
import { CELL_RAYS } from './shapes.ts';
import { directions, type StarRing } from './star-ring.ts';
import type { Cell } from './tissue.ts';
import type { Transcriptome } from './transcriptome.ts';
import type { TranscriptBuffer, TranscriptColumns } from './transcripts.ts';

/** Rows that the kernel fills before they are taken. */
const ROWS = 32_768;
/** Directions in which transcripts leak. */
const DIRECTIONS = 4096;
/** A ring in the kernel's memory: see `rings.ts`. A cover is a ring, a floor and on which side the other cell lies. */
const RING = 16 + 7 * CELL_RAYS;
const COVER = RING + 6;
/** Far more than can lie around a cell. */
const MOST_COVERS = 512;

/** Draws transcripts one after the other; see `Emission` for how many, and of what. */
export class EmissionKernel {
  readonly #kernel = new SimulateKernel();
  readonly #transcriptome: Transcriptome;
  readonly #columns: TranscriptColumns;
  readonly #cell: Float64Array;
  readonly #cellAt: number;
  readonly #bodySteps: number;
  readonly #nucleusSteps: number;
  readonly #upTo: Float64Array;
  readonly #tables: Uint32Array;
  readonly #guide: Uint8Array;
  readonly #features: Uint32Array;
  readonly #featuresAt: number;
  /** Address of each of the mixture's tables. */
  readonly #tableAt: Uint32Array;
  /** Rows that may be filled. */
  #filled = 0;

  constructor(transcriptome: Transcriptome, sizeUm: number) {
    const kernel = this.#kernel;
    this.#transcriptome = transcriptome;
    const { panel, mixture, ambient } = transcriptome;
    const layouts = kernel.lay(4 * 20);
    const normals = kernel.lay(4 * normalTable().length);
    const ways = kernel.lay(16 * DIRECTIONS);
    this.#bodySteps = kernel.lay(16 * CELL_RAYS);
    this.#nucleusSteps = kernel.lay(16 * NUCLEUS_RAYS);
    const perGene = [kernel.lay(8 * panel.genes), kernel.lay(8 * panel.genes)];
    const ambientAt = kernel.lay(ambient.bytes);
    const mixed = [kernel.lay(8 * mixture.upTo.length), kernel.lay(4 * mixture.upTo.length), kernel.lay(64)];
    this.#cellAt = kernel.lay(8 * (3 * RING + MOST_COVERS * COVER));
    this.#featuresAt = kernel.lay(4 * ROWS);
    const columns = [4, 4, 4, 4, 4, 4, 4, 4, 1, 1].map((bytes) => kernel.lay(bytes * ROWS));
    this.#tableAt = Uint32Array.from(mixture.tables, (table) => kernel.lay(table.bytes));
    // All is laid out: views last from here on.
    kernel.u32(layouts, 20).set([normals, ways, ...perGene, ambientAt, ...mixed, ...columns, panel.genes]);
    kernel.f32(normals, normalTable().length).set(normalTable());
    for (const [at, n] of [
      [ways, DIRECTIONS],
      [this.#bodySteps, CELL_RAYS],
      [this.#nucleusSteps, NUCLEUS_RAYS],
    ]) {
      kernel.f64(at, n).set(directions(n).cos);
      kernel.f64(at + 8 * n, n).set(directions(n).sin);
    }
    kernel.f64(perGene[0], panel.genes).set(panel.nuclearShare.subarray(0, panel.genes));
    kernel.f64(perGene[1], panel.genes).set(panel.leakFactor.subarray(0, panel.genes));
    ambient.copyTo(kernel.u8(ambientAt, ambient.bytes));
    mixture.tables.forEach((table, k) => {
      table.copyTo(kernel.u8(this.#tableAt[k], table.bytes));
    });
    this.#upTo = kernel.f64(mixed[0], mixture.upTo.length);
    this.#tables = kernel.u32(mixed[1], mixture.upTo.length);
    this.#guide = kernel.u8(mixed[2], 64);
    this.#cell = kernel.f64(this.#cellAt, 3 * RING + MOST_COVERS * COVER);
    this.#features = kernel.u32(this.#featuresAt, ROWS);
    const [feature, cell, x, y, z, bornX, bornY, qv, displaced, outside] = columns;
    this.#columns = {
      feature: kernel.u32(feature, ROWS),
      cell: kernel.u32(cell, ROWS),
      bornX: kernel.f32(bornX, ROWS),
      bornY: kernel.f32(bornY, ROWS),
      x: kernel.f32(x, ROWS),
      y: kernel.f32(y, ROWS),
      z: kernel.f32(z, ROWS),
      qv: kernel.f32(qv, ROWS),
      displaced: kernel.u8(displaced, ROWS),
      outside: kernel.u8(outside, ROWS),
    };
    kernel.calls.begin(layouts, sizeUm);
  }

  /** Starts the random numbers from four words of a stream: xoshiro128++, as in `QuickStream`. */
  seed(stream: RandomStream): void {
    // Four zeros are the one state that never leaves itself.
    this.#kernel.calls.seed(stream.uint32(), stream.uint32(), stream.uint32(), stream.uint32() | 1);
  }

  /** Turns to a cell: its ground, its nuclei and what lies over or under it. */
  turnTo({ body, nuclei, covers }: Cell): void {
    const to = this.#cell;
    if (covers.length > MOST_COVERS)
      throw new RangeError(`${covers.length} cells over one; expected ${MOST_COVERS}`);
    writeRing(to, 0, body);
    for (let i = 0; i < nuclei.length; i++) writeRing(to, (i + 1) * RING, nuclei[i]);
    for (let i = 0; i < covers.length; i++) {
      const { body: other, floor, isAbove } = covers[i];
      const at = 3 * RING + i * COVER;
      writeGround(to, at, other);
      to[at + RING] = floor.x;
      to[at + RING + 1] = floor.y;
      to[at + RING + 2] = floor.height;
      to[at + RING + 3] = floor.slopeX;
      to[at + RING + 4] = floor.slopeY;
      to[at + RING + 5] = isAbove ? 1 : 0;
    }
    this.#kernel.calls.turnTo(
      this.#cellAt,
      this.#nucleusSteps,
      this.#bodySteps,
      nuclei.length,
      covers.length,
    );
  }

  /**
   * Where a transcript of the cell is born, written to `out[0..2]`: x and y in microns on the slide, z in [0, 10) above
   * the section's bottom; uniform in the cell's volume, which is its ground times the section's height less what lies
   * beyond the floor to a cell of the other layer. `nuclearShare` is the share of the gene's transcripts that are born
   * inside a nucleus (of two: in either by its area) and not outside; NaN = anywhere in the cell.
   */
  birthPlace(nuclearShare: number, out: Float64Array): void {
    const { bear, bornX, bornY, bornZ } = this.#kernel.calls;
    bear(nuclearShare);
    out[0] = bornX.value;
    out[1] = bornY.value;
    out[2] = bornZ.value;
  }

  /** Draws `count` transcripts of the cell, whose number is `label`, by its mixture, and appends those on the slide. */
  emit(
    count: number,
    label: number,
    leakShare: number,
    scaleUm: number,
    region: LeakRegion,
    into: TranscriptBuffer,
  ): void {
    const { upTo, entries, guide } = this.#transcriptome.mixture;
    this.#upTo.set(upTo);
    for (let k = 0; k < entries.length; k++) this.#tables[k] = this.#tableAt[entries[k]];
    this.#guide.set(guide);
    this.#kernel.calls.setCell(label, leakShare, region.chance, scaleUm * region.reach);
    this.#inPieces(count, into, (n) => this.#kernel.calls.emit(n));
  }

  /** Appends `count` ambient transcripts that drift around a place. */
  drift(count: number, x: number, y: number, into: TranscriptBuffer): void {
    this.#inPieces(count, into, (n) => this.#kernel.calls.drift(n, x, y));
  }

  /** Appends `count` transcripts even over a rectangle: ambient ones, or of the features that `draw` gives. */
  scatter(
    count: number,
    [x0, y0, width, height]: readonly [number, number, number, number],
    draw: (() => number) | null,
    into: TranscriptBuffer,
  ): void {
    this.#inPieces(count, into, (n) => {
      if (draw) for (let i = 0; i < n; i++) this.#features[i] = draw();
      this.#kernel.calls.scatter(n, x0, y0, width, height, draw ? this.#featuresAt : 0);
    });
  }

  /** Appends what is still with the kernel. */
  flush(into: TranscriptBuffer): void {
    into.append(this.#columns, this.#kernel.calls.takeRows());
    this.#filled = 0;
  }

  #inPieces(count: number, into: TranscriptBuffer, fill: (n: number) => void): void {
    for (let rest = count; rest > 0; ) {
      if (this.#filled === ROWS) this.flush(into);
      const n = Math.min(rest, ROWS - this.#filled);
      fill(n);
      this.#filled += n;
      rest -= n;
    }
  }
}

/** Writes what tells whether a place is on a ring's ground. */
function writeGround(to: Float64Array, at: number, ring: StarRing): void {
  to[at] = ring.centreX;
  to[at + 1] = ring.centreY;
  to[at + 2] = ring.innerUm * ring.innerUm;
  to[at + 3] = ring.reachUm * ring.reachUm;
  to[at + 6] = ring.vertices.length / 2;
  to.set(ring.vertices, at + 16 + 2 * CELL_RAYS);
}

function writeRing(to: Float64Array, at: number, ring: StarRing): void {
  const { frame, u, w, length, width, radii, cumulative } = ring.fan;
  writeGround(to, at, ring);
  to[at + 4] = ring.area;
  to[at + 5] = ring.isLoose ? 1 : 0;
  to[at + 7] = frame.x;
  to[at + 8] = frame.y;
  to[at + 9] = frame.cos;
  to[at + 10] = frame.sin;
  to[at + 11] = frame.bend;
  to[at + 12] = u;
  to[at + 13] = w;
  to[at + 14] = length;
  to[at + 15] = width;
  to.set(radii, at + 16);
  to.set(cumulative, at + 16 + CELL_RAYS);
}
