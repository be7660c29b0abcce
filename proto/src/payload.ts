/** What a task gets or gives, as bytes in order that are read while they are sent: they may lie in memory or in files. */
export interface Payload {
  /** Bytes. */
  readonly length: number;
  /** Fills `into` with the bytes from `offset` on. Rejects with what its files reject with. */
  read(into: Uint8Array, offset: number): Promise<void>;
}

/** A payload that lies in memory. */
export const payloadOf = (bytes: Uint8Array): Payload => ({
  length: bytes.length,
  read: async (into, offset) => into.set(bytes.subarray(offset, offset + into.length)),
});

/** All bytes of a payload, in memory of their own. Rejects with what its files reject with. */
export async function wholeOf(payload: Payload): Promise<Uint8Array> {
  // Every byte is written before anybody sees it.
  const bytes = Buffer.allocUnsafeSlow(payload.length);
  await payload.read(bytes, 0);
  return bytes;
}
