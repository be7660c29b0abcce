import type { ByteWriter } from 'hyparquet-writer';

const BLOCK = 128;
const MINIBLOCK = 32;

/**
 * Writes ids, most of which are one more than the one before, in Parquet's DELTA_BINARY_PACKED: five bytes for 128 of
 * them. Blocks in which some id is not are written with 64 bits for each difference.
 */
export function writeSerialIds(writer: ByteWriter, ids: BigUint64Array): void {
  const words = new Uint32Array(ids.buffer, ids.byteOffset, 2 * ids.length);
  writer.appendVarInt(BLOCK);
  writer.appendVarInt(BLOCK / MINIBLOCK);
  writer.appendVarInt(ids.length);
  writer.appendZigZag(BigInt.asIntN(64, ids[0]));
  for (let from = 1; from < ids.length; from += BLOCK) {
    const to = Math.min(ids.length, from + BLOCK);
    if (isSerial(words, from, to)) {
      writer.appendZigZag(1);
      writer.appendUint32(0);
    } else {
      writer.appendZigZag(0);
      writeDifferences(writer, ids, from, to);
    }
  }
}

function isSerial(words: Uint32Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) {
    if (words[2 * i] !== words[2 * i - 2] + 1 || words[2 * i + 1] !== words[2 * i - 1]) return false;
  }
  return true;
}

/** The widths of a block's miniblocks and their differences; miniblocks without a value have width 0. */
function writeDifferences(writer: ByteWriter, ids: BigUint64Array, from: number, to: number): void {
  const used = Math.ceil((to - from) / MINIBLOCK);
  for (let m = 0; m < BLOCK / MINIBLOCK; m++) writer.appendUint8(m < used ? 64 : 0);
  const differences = new BigInt64Array(used * MINIBLOCK);
  for (let i = from; i < to; i++) differences[i - from] = ids[i] - ids[i - 1];
  writer.appendBytes(new Uint8Array(differences.buffer));
}
