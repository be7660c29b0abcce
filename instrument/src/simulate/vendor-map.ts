import type { RectUm } from '@spatile/formats/space';
import { SimulateKernel } from '../../kernels/bind.ts';
import { directions } from './star-ring.ts';
import type { VendorNucleus } from './vendor.ts';

const BIN_UM = 2.5;
/** Nuclei farther than this are not looked for; the distance is then given as this. */
export const FARTHEST_UM = 15;
/** The vendor's cells: nuclei grown by this much, halfway between neighbours. */
export const EXPANSION_UM = 5;
/** Vertices of a vendor cell's outline, as the instrument writes them. */
const RAYS = 12;
/** Numbers of an edge and of a disc in the kernel's memory. */
const EDGE = 5;
const DISC = 4;

/**
 * Which vendor nucleus is nearest to a point, exactly; in a rectangle it is fast, since bins list the only nuclei that can
 * be, and faster where a place is close to the one asked for before. A kernel holds one map at a time: the latest.
 */
export class VendorMap {
  readonly #kernel: SimulateKernel;
  readonly #steps: number;
  readonly #ring: number;
  /** Room for places, and where. */
  #room = 0;
  #places = 0;

  constructor(nuclei: readonly VendorNucleus[], rect: RectUm, kernel = new SimulateKernel()) {
    this.#kernel = kernel;
    kernel.clear();
    this.#steps = kernel.lay(16 * RAYS);
    this.#ring = kernel.lay(16 * RAYS);
    const columns = Math.ceil((rect.x1 - rect.x0) / BIN_UM);
    const rows = Math.ceil((rect.y1 - rect.y0) / BIN_UM);
    const bins = columns * rows;
    const edges = nuclei.reduce((sum, nucleus) => sum + nucleus.edges.length, 0) / EDGE;
    // In the order of `Map` in `nuclei.ts`.
    const header = kernel.lay(48);
    const arrays = [
      kernel.lay(8 * DISC * nuclei.length),
      kernel.lay(4 * (nuclei.length + 1)),
      kernel.lay(8 * EDGE * edges),
      kernel.lay(4 * nuclei.length),
      kernel.lay(4 * nuclei.length),
      kernel.lay(8 * bins),
      kernel.lay(4 * (bins + 1)),
      kernel.lay(4 * (bins + 1)),
    ];
    kernel.u32(header, 12).set([...arrays, 0, nuclei.length, columns, rows]);
    copyNuclei(kernel, nuclei, arrays, edges);
    const { cos, sin } = directions(RAYS);
    kernel.f64(this.#steps, RAYS).set(cos);
    kernel.f64(this.#steps + 8 * RAYS, RAYS).set(sin);
    const listed = kernel.calls.beginMap(header, rect.x0, rect.y0, rect.x1, rect.y1);
    const list = kernel.lay(4 * listed);
    kernel.u32(header, 12)[arrays.length] = list;
    kernel.calls.fillMap();
  }

  /** Index of the nearest nucleus (ties: the earlier one), or -1 when none is within `FARTHEST_UM`; sets `distanceUm`. */
  locate(x: number, y: number): number {
    return this.#kernel.calls.locate(x, y);
  }

  /** Of the last `locate`: distance to the nearest nucleus in microns, 0 inside. */
  get distanceUm(): number {
    return this.#kernel.calls.foundDistance();
  }

  /**
   * For the first `n` places: the nuclei whose cells they lie in, -1 for none, and the distances to the nearest nucleus, as
   * views that hold until the next call.
   */
  locateAll(x: Float32Array, y: Float32Array, n: number): { cells: Int32Array; distances: Float32Array } {
    const kernel = this.#kernel;
    if (n > this.#room) {
      this.#room = n;
      this.#places = kernel.lay(16 * n);
    }
    const [xs, ys, cells, distances] = [0, 1, 2, 3].map((k) => this.#places + 4 * k * n);
    kernel.f32(xs, n).set(x.subarray(0, n));
    kernel.f32(ys, n).set(y.subarray(0, n));
    kernel.calls.locateAll(n, xs, ys, cells, distances);
    return { cells: kernel.i32(cells, n), distances: kernel.f32(distances, n) };
  }

  /** The vendor cell around a nucleus as x, y pairs (not closed): rays from its centre, cut where the cell ends. */
  cellRing(index: number): Float64Array {
    this.#kernel.calls.cellRing(index, this.#steps, RAYS, this.#ring);
    return this.#kernel.f64(this.#ring, 2 * RAYS).slice();
  }
}

function copyNuclei(
  kernel: SimulateKernel,
  nuclei: readonly VendorNucleus[],
  [discsAt, firstEdgeAt, edgesAt, turnAt, everyoneAt]: readonly number[],
  edgeCount: number,
): void {
  const discs = kernel.f64(discsAt, DISC * nuclei.length);
  const firstEdge = kernel.u32(firstEdgeAt, nuclei.length + 1);
  const edges = kernel.f64(edgesAt, EDGE * edgeCount);
  const turn = kernel.i32(turnAt, nuclei.length);
  const everyone = kernel.u32(everyoneAt, nuclei.length);
  let edge = 0;
  for (let index = 0; index < nuclei.length; index++) {
    const nucleus = nuclei[index];
    discs[DISC * index] = nucleus.centreX;
    discs[DISC * index + 1] = nucleus.centreY;
    discs[DISC * index + 2] = nucleus.reachUm;
    discs[DISC * index + 3] = nucleus.innerUm;
    turn[index] = nucleus.turn;
    everyone[index] = index;
    firstEdge[index] = edge;
    edges.set(nucleus.edges, EDGE * edge);
    edge += nucleus.edges.length / EDGE;
  }
  firstEdge[nuclei.length] = edge;
}
