import type { SinkData } from './parquet-chunk.ts';

/** Strings of bytes in one memory, which moves between threads where a list would be copied: piece k ends at `ends[k]`. */
export interface PackedPieces {
  bytes: Uint8Array;
  ends: Float64Array;
}

type Pieces = readonly Uint8Array[];
type Coded = Extract<SinkData, { dictionary: Pieces }>;

/** Data of a column as it is sent. */
export type SentData =
  | Exclude<SinkData, Pieces | Coded>
  | PackedPieces
  | (Omit<Coded, 'dictionary'> & { dictionary: PackedPieces });

function packPieces(pieces: Pieces): PackedPieces {
  const ends = new Float64Array(pieces.length);
  let length = 0;
  for (let k = 0; k < pieces.length; k++) {
    length += pieces[k].length;
    ends[k] = length;
  }
  const bytes = new Uint8Array(length);
  for (let k = 0; k < pieces.length; k++) bytes.set(pieces[k], ends[k] - pieces[k].length);
  return { bytes, ends };
}

const unpackPieces = ({ bytes, ends }: PackedPieces): Uint8Array[] =>
  Array.from(ends, (end, k) => bytes.subarray(k === 0 ? 0 : ends[k - 1], end));

/** Data of a column with its lists packed, and the memory that may move with it. */
export function sentData(data: SinkData): { data: SentData; moves: ArrayBuffer[] } {
  if (ArrayBuffer.isView(data)) return { data, moves: [data.buffer as ArrayBuffer] };
  if ('codes' in data) {
    const dictionary = packPieces(data.dictionary);
    return {
      data: { codes: data.codes, dictionary },
      moves: [data.codes.buffer as ArrayBuffer, dictionary.bytes.buffer as ArrayBuffer],
    };
  }
  const packed = packPieces(data);
  return { data: packed, moves: [packed.bytes.buffer as ArrayBuffer] };
}

/** The data that was sent. */
export function receivedData(data: SentData): SinkData {
  if (ArrayBuffer.isView(data)) return data;
  if ('codes' in data) return { codes: data.codes, dictionary: unpackPieces(data.dictionary) };
  return unpackPieces(data);
}
