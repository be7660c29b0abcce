/**
 * A bounded, even sample of points of a stream: every 2^k-th point, k growing so that at most `capacity` are held. The
 * sample depends on the order of the rows alone.
 */
export class StrideSample {
  readonly x: Float32Array;
  readonly y: Float32Array;
  readonly z: Float32Array;
  length = 0;
  private stride = 1;
  private seen = 0;

  constructor(capacity: number) {
    this.x = new Float32Array(capacity);
    this.y = new Float32Array(capacity);
    this.z = new Float32Array(capacity);
  }

  add(x: number, y: number, z: number): void {
    if (this.seen++ % this.stride !== 0) return;
    if (this.length === this.x.length) {
      this.thin();
      if ((this.seen - 1) % this.stride !== 0) return;
    }
    this.x[this.length] = x;
    this.y[this.length] = y;
    this.z[this.length++] = z;
  }

  private thin(): void {
    let n = 0;
    for (let i = 0; i < this.length; i += 2, n++) {
      this.x[n] = this.x[i];
      this.y[n] = this.y[i];
      this.z[n] = this.z[i];
    }
    this.length = n;
    this.stride *= 2;
  }
}
