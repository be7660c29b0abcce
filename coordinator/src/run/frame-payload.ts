import { type Frame, type FrameParts, frameParts, type StoredPiece } from '@spatile/formats/tile/frame';
import type { Payload } from '@spatile/proto/payload';
import type { RunStore } from './store.ts';

/** Pieces of a file nearer to each other than this are read at once, with what lies between them. */
const GAP_BYTES = 64 * 1024;
/** Most that is read at once where something lies between. */
const SCRATCH_BYTES = 1024 * 1024;

/** A stretch of the frame: in memory, or in a file, where it begins at `start`. */
type Stretch = { at: number; length: number } & ({ bytes: Uint8Array } | { file: string; start: number });

/** Where a stretch of a file has to go. */
interface Wanted {
  file: string;
  start: number;
  into: Uint8Array;
}

/** Memory for reading, used again and again: as much as payloads need that are read at once. */
const scratch: Buffer[] = [];

/** A frame as it is sent: header and tables from memory, stored pieces from their files when their turn comes. */
export class FramePayload implements Payload {
  readonly length: number;
  readonly #store: RunStore;
  readonly #stretches: Stretch[];
  /** The stretch in which the last bytes lay. */
  #next = 0;

  constructor(store: RunStore, frame: Frame) {
    const parts = frameParts(frame);
    this.#store = store;
    this.length = parts.length;
    this.#stretches = stretchesOf(parts);
    for (const [file, bytes] of bytesByFile(parts)) store.countRead(file, bytes);
  }

  /** Errors: `RUN_CORRUPT` when a file is missing or ends early. */
  async read(into: Uint8Array, offset: number): Promise<void> {
    const stored: Wanted[] = [];
    const end = offset + into.length;
    if ((this.#stretches[this.#next]?.at ?? offset) > offset) this.#next = 0;
    let done = offset;
    for (let s = this.#next; s < this.#stretches.length && done < end; s++) {
      const stretch = this.#stretches[s];
      const from = Math.max(stretch.at, offset);
      const to = Math.min(stretch.at + stretch.length, end);
      if (from >= end) break;
      this.#next = s;
      if (to <= from) continue;
      into.fill(0, done - offset, from - offset);
      done = to;
      const place = into.subarray(from - offset, to - offset);
      const skipped = from - stretch.at;
      if ('bytes' in stretch) place.set(stretch.bytes.subarray(skipped, skipped + place.length));
      else stored.push({ file: stretch.file, start: stretch.start + skipped, into: place });
    }
    into.fill(0, done - offset);
    for (const group of groupsOf(stored)) await this.#fill(group);
  }

  async #fill(group: readonly Wanted[]): Promise<void> {
    const [{ file, start, into }] = group;
    if (group.length === 1) return this.#store.fill(file, into, start);
    const memory = scratch.pop() ?? Buffer.allocUnsafeSlow(SCRATCH_BYTES);
    try {
      const bytes = memory.subarray(0, endOf(group[group.length - 1]) - start);
      await this.#store.fill(file, bytes, start);
      for (const wanted of group)
        wanted.into.set(bytes.subarray(wanted.start - start, endOf(wanted) - start));
    } finally {
      scratch.push(memory);
    }
  }
}

const endOf = ({ start, into }: Wanted): number => start + into.length;

/** What is read at once. */
function groupsOf(wanted: readonly Wanted[]): Wanted[][] {
  const groups: Wanted[][] = [];
  for (const next of wanted) {
    const group = groups.at(-1);
    const near =
      group !== undefined &&
      group[0].file === next.file &&
      next.start >= endOf(group[group.length - 1]) &&
      next.start - endOf(group[group.length - 1]) <= GAP_BYTES &&
      endOf(next) - group[0].start <= SCRATCH_BYTES;
    if (near) group.push(next);
    else groups.push([next]);
  }
  return groups;
}

/** How much of each file a frame holds: the same in whatever stretches it is read, and so for every way of sending it. */
function bytesByFile({ pieces }: FrameParts): Map<string, number> {
  const bytes = new Map<string, number>();
  for (const { from } of pieces)
    if (!(from instanceof Uint8Array)) bytes.set(from.file, (bytes.get(from.file) ?? 0) + from.length);
  return bytes;
}

/** The parts of a frame in order; pieces that lie behind each other in a file as well are one stretch, with the zeros between them. */
function stretchesOf({ head, pieces }: FrameParts): Stretch[] {
  const all: Stretch[] = [{ at: 0, length: head.length, bytes: head }];
  for (const { at, from } of pieces) {
    if (from instanceof Uint8Array) {
      all.push({ at, length: from.length, bytes: from });
      continue;
    }
    const last = all[all.length - 1];
    if ('file' in last && goesOn(last, at, from)) last.length = at + from.length - last.at;
    else all.push({ at, length: from.length, file: from.file, start: from.start });
  }
  return all;
}

const goesOn = (
  last: { file: string; at: number; start: number; length: number },
  at: number,
  next: StoredPiece,
): boolean =>
  last.file === next.file &&
  next.start >= last.start + last.length &&
  next.start - last.start === at - last.at;
