/** Keeps what was used last, up to a number of bytes; what falls out is made again when asked for. */
export class ByteCache<Key, Value> {
  private limitBytes: number;
  private readonly kept = new Map<Key, { value: Value; bytes: number }>();
  private bytes = 0;

  constructor(limitBytes: number) {
    this.limitBytes = limitBytes;
  }

  /** The value of a key, now the most recently used; undefined when it is not kept. */
  get(key: Key): Value | undefined {
    const hit = this.kept.get(key);
    if (hit === undefined) return undefined;
    this.kept.delete(key);
    this.kept.set(key, hit);
    return hit.value;
  }

  /** Keeps a value; the least recently used ones go until the rest fits (the newest stays, however large). */
  set(key: Key, value: Value, bytes: number): void {
    this.bytes += bytes - (this.kept.get(key)?.bytes ?? 0);
    this.kept.delete(key);
    this.kept.set(key, { value, bytes });
    this.trim();
  }

  /** Keeps no more than so many bytes from now on (and the newest value). */
  keepAtMost(bytes: number): void {
    this.limitBytes = bytes;
    this.trim();
  }

  private trim(): void {
    for (const [oldest, { bytes }] of this.kept) {
      if (this.bytes <= this.limitBytes || this.kept.size === 1) break;
      this.kept.delete(oldest);
      this.bytes -= bytes;
    }
  }
}
