/** The texts of a table as they can be sent: text k lies at `arena[starts[k] .. starts[k + 1])`. */
export interface PackedTexts {
  arena: Uint8Array;
  starts: Float64Array;
}

/**
 * Gives every distinct text a dense number. The hot path takes bytes, so a reader never makes a string for a text it has
 * met before. Memory grows with the number of distinct texts (genes, cells), never with the number of rows.
 */
export class TextTable {
  /** Text of code k; codes are given in the order first met, from 0. */
  readonly names: string[] = [];

  /** Open addressing, 0 = free, else code + 1. */
  #slots = new Int32Array(1024);
  #hashes = new Int32Array(256);
  /** Text k lies at `#arena[#starts[k] .. #starts[k + 1])`. */
  #starts = new Float64Array(257);
  #arena = new Uint8Array(4096);
  readonly #numbers = new Map<number | bigint, number>();

  /** Code of the UTF-8 text `bytes[start .. end)`. */
  code(bytes: Uint8Array, start: number, end: number): number {
    const hash = hashBytes(bytes, start, end);
    const slots = this.#slots;
    const mask = slots.length - 1;
    let slot = hash & mask;
    for (let entry = slots[slot]; entry !== 0; entry = slots[slot]) {
      if (this.#hashes[entry - 1] === hash && this.#equals(entry - 1, bytes, start, end)) return entry - 1;
      slot = (slot + 1) & mask;
    }
    return this.#insert(slot, hash, bytes, start, end);
  }

  codeOfText(text: string): number {
    const bytes = encoder.encode(text);
    return this.code(bytes, 0, bytes.length);
  }

  /** Code of a number's decimal text; NaN, which writers use for "none", is the empty text. */
  codeOfNumber(value: number | bigint): number {
    let code = this.#numbers.get(value);
    if (code === undefined) {
      code = this.codeOfText(Number.isNaN(value) ? '' : String(value));
      this.#numbers.set(value, code);
    }
    return code;
  }

  /** All texts in order of their codes. */
  packed(): PackedTexts {
    const starts = this.#starts.slice(0, this.names.length + 1);
    return { arena: this.#arena.slice(0, starts[this.names.length]), starts };
  }

  /** Takes in the texts of another table; gives the code here of each code there. */
  merge({ arena, starts }: PackedTexts): Uint32Array {
    return Uint32Array.from({ length: starts.length - 1 }, (_, k) =>
      this.code(arena, starts[k], starts[k + 1]),
    );
  }

  #equals(code: number, bytes: Uint8Array, start: number, end: number): boolean {
    const from = this.#starts[code];
    if (this.#starts[code + 1] - from !== end - start) return false;
    const arena = this.#arena;
    for (let i = start, j = from; i < end; i++, j++) if (arena[j] !== bytes[i]) return false;
    return true;
  }

  #insert(slot: number, hash: number, bytes: Uint8Array, start: number, end: number): number {
    const code = this.names.length;
    const from = this.#starts[code];
    if (code === this.#hashes.length) this.#growEntries();
    if (from + end - start > this.#arena.length) this.#growArena(from + end - start);
    this.#arena.set(bytes.subarray(start, end), from);
    this.#starts[code + 1] = from + end - start;
    this.#hashes[code] = hash;
    this.#slots[slot] = code + 1;
    this.names.push(decoder.decode(bytes.subarray(start, end)));
    if (this.names.length * 2 > this.#slots.length) this.#rehash();
    return code;
  }

  #growEntries(): void {
    const hashes = new Int32Array(this.#hashes.length * 2);
    hashes.set(this.#hashes);
    const starts = new Float64Array(hashes.length + 1);
    starts.set(this.#starts);
    this.#hashes = hashes;
    this.#starts = starts;
  }

  #growArena(atLeast: number): void {
    const arena = new Uint8Array(Math.max(atLeast, this.#arena.length * 2));
    arena.set(this.#arena);
    this.#arena = arena;
  }

  #rehash(): void {
    const slots = new Int32Array(this.#slots.length * 2);
    const mask = slots.length - 1;
    for (let code = 0; code < this.names.length; code++) {
      let slot = this.#hashes[code] & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = code + 1;
    }
    this.#slots = slots;
  }
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** FNV-1a with a final mix, since the table uses the low bits. */
function hashBytes(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0x811c9dc5;
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ bytes[i], 0x01000193);
  hash ^= hash >>> 15;
  return Math.imul(hash, 0x2c1b3c6d) | 0;
}
