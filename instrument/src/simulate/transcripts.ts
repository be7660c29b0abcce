/** Transcripts of one block as they are born and seen: a growing structure of arrays, reused from block to block. */
export class TranscriptBuffer {
  length = 0;
  /** Expression type of each of the block's cells, as an index into `Panel.typeNames`. */
  typeOf = new Uint8Array(0);
  /** Index into `Panel.names`. */
  feature = new Uint32Array(0);
  /** 1 + place in the block's cells; 0 = no cell. */
  cell = new Uint32Array(0);
  bornX = new Float32Array(0);
  bornY = new Float32Array(0);
  /** Observed place in microns. */
  x = new Float32Array(0);
  y = new Float32Array(0);
  z = new Float32Array(0);
  qv = new Float32Array(0);
  /** 1 = left its place by the leak. */
  displaced = new Uint8Array(0);

  /** Makes room for one more and returns its index. */
  add(): number {
    if (this.length === this.feature.length) this.#grow(Math.max(65536, this.length * 2));
    return this.length++;
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
  }
}

function enlarged<T extends Float32Array | Uint32Array | Uint8Array>(from: T, to: T): T {
  to.set(from);
  return to;
}
