import { checkSizes, openRoom } from './kernel-room.ts';

/** Binds the kernel `stardist.wasm`: lays out the candidates of one image in one linear memory and suppresses among them. */

interface StardistExports {
  setUp(
    rays: number,
    candidates: number,
    place: number,
    prob: number,
    dist: number,
    order: number,
    other: number,
    area: number,
    discs: number,
    head: number,
    next: number,
    state: number,
    rows: number,
    columns: number,
  ): void;
  cosineAt(): number;
  sineAt(): number;
  cut(shortest: number, longest: number): void;
  suppress(threshold: number): number;
  overlap(a: number, b: number): number;
}

export interface StardistSizes {
  rays: number;
  candidates: number;
  /** Pixels of the image that the centres lie in. */
  rows: number;
  columns: number;
}

export interface BoundStardist {
  /** Row and column of each candidate in pixels, in any order. */
  readonly place: Int32Array;
  /** Probability of each candidate, not negative. */
  readonly prob: Float32Array;
  /** Ray lengths in pixels, candidates x rays. */
  readonly dist: Float32Array;
  /** Direction of the rays: cosine (columns) and sine (rows), rays + 1 each. */
  readonly cosine: Float64Array;
  readonly sine: Float64Array;
  /** Candidates by falling probability, then by number, after `suppress`. */
  readonly order: Uint32Array;
  /** 1 for candidates that stay, after `suppress`. */
  readonly state: Uint8Array;
  /** Cuts all rays at both ends; what is no number becomes the shortest. */
  readonly cut: (shortest: number, longest: number) => void;
  readonly suppress: (threshold: number) => number;
  readonly overlap: (a: number, b: number) => number;
  /** Leaves the memory to the next image; no view of it must be used afterwards. */
  readonly release: () => void;
}

const BUCKET_PX = 16;
const MAX_RAYS = 128;
/** A vector may begin at the last ray. */
const VECTOR_BYTES = 16;

/**
 * Gives a kernel of its own memory, to be filled by the caller. About 4 (rays + 13) bytes per candidate.
 * Errors: RangeError for sizes that are no integers in range.
 */
export async function bindStardist(sizes: StardistSizes): Promise<BoundStardist> {
  const { rays, candidates, rows, columns } = sizes;
  checkSizes('stardist', sizes);
  if (rays < 8 || rays > MAX_RAYS) throw new RangeError(`stardist kernel: rays is ${rays}`);
  const room = await openRoom<StardistExports>('stardist');
  const { kernel, lay } = room;
  const buckets = (Math.floor(rows / BUCKET_PX) + 1) * (Math.floor(columns / BUCKET_PX) + 1);
  const at = {
    place: lay(candidates * 8),
    prob: lay(candidates * 4),
    dist: lay(candidates * rays * 4 + VECTOR_BYTES),
    order: lay(candidates * 4),
    other: lay(candidates * 4),
    area: lay(candidates * 8),
    discs: lay(candidates * 16),
    head: lay(buckets * 4),
    next: lay(candidates * 4),
    state: lay(candidates),
  };
  room.fit();
  const { buffer } = room;
  new Uint8Array(buffer, at.dist + candidates * rays * 4, VECTOR_BYTES).fill(0);
  kernel.setUp(
    rays,
    candidates,
    at.place,
    at.prob,
    at.dist,
    at.order,
    at.other,
    at.area,
    at.discs,
    at.head,
    at.next,
    at.state,
    rows,
    columns,
  );
  return {
    place: new Int32Array(buffer, at.place, candidates * 2),
    prob: new Float32Array(buffer, at.prob, candidates),
    dist: new Float32Array(buffer, at.dist, candidates * rays),
    cosine: new Float64Array(buffer, kernel.cosineAt(), rays + 1),
    sine: new Float64Array(buffer, kernel.sineAt(), rays + 1),
    order: new Uint32Array(buffer, at.order, candidates),
    state: new Uint8Array(buffer, at.state, candidates),
    cut: kernel.cut,
    suppress: kernel.suppress,
    overlap: kernel.overlap,
    release: room.release,
  };
}
