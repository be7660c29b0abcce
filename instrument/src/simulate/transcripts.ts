/** What is known of each transcript. */
export interface TranscriptColumns {
  /** Index into `Panel.names`. */
  feature: Uint32Array;
  /** 1 + place in the block's cells; 0 = no cell. */
  cell: Uint32Array;
  bornX: Float32Array;
  bornY: Float32Array;
  /** Observed place in microns. */
  x: Float32Array;
  y: Float32Array;
  z: Float32Array;
  qv: Float32Array;
  /** 1 = left its place by the leak. */
  displaced: Uint8Array;
  /** 1 = seen outside the ground of its cell, at whatever height. */
  outside: Uint8Array;
}

/** Transcripts of one block as they are born and seen: a growing structure of arrays, reused from block to block. */
export class TranscriptBuffer implements TranscriptColumns {
  length = 0;
  /** Expression type of each of the block's cells, as an index into `Panel.typeNames`. */
  typeOf = new Uint8Array(0);
  feature = new Uint32Array(0);
  cell = new Uint32Array(0);
  bornX = new Float32Array(0);
  bornY = new Float32Array(0);
  x = new Float32Array(0);
  y = new Float32Array(0);
  z = new Float32Array(0);
  qv = new Float32Array(0);
  displaced = new Uint8Array(0);
  outside = new Uint8Array(0);

  /** Appends the first `n` rows. */
  append(rows: TranscriptColumns, n: number): void {
    const at = this.length;
    this.length = at + n;
    if (this.length > this.feature.length) this.#grow(Math.max(65536, 2 * this.length));
    for (const name of COLUMNS) this[name].set(rows[name].subarray(0, n), at);
  }

  #grow(capacity: number): void {
    this.feature = enlarged(this.feature, new Uint32Array(capacity));
    this.cell = enlarged(this.cell, new Uint32Array(capacity));
    this.bornX = enlarged(this.bornX, new Float32Array(capacity));
    this.bornY = enlarged(this.bornY, new Float32Array(capacity));
    this.x = enlarged(this.x, new Float32Array(capacity));
    this.y = enlarged(this.y, new Float32Array(capacity));
    this.z = enlarged(this.z, new Float32Array(capacity));
    this.qv = enlarged(this.qv, new Float32Array(capacity));
    this.displaced = enlarged(this.displaced, new Uint8Array(capacity));
    this.outside = enlarged(this.outside, new Uint8Array(capacity));
  }
}

const COLUMNS = [
  'feature',
  'cell',
  'bornX',
  'bornY',
  'x',
  'y',
  'z',
  'qv',
  'displaced',
  'outside',
] as const satisfies (keyof TranscriptColumns)[];

function enlarged<T extends Float32Array | Uint32Array | Uint8Array>(from: T, to: T): T {
  to.set(from);
  return to;
}
