import { type Encoders, ownEncoders } from '@spatile/formats/spatialdata/encoders';
import type { SinkData } from '@spatile/formats/spatialdata/parquet-chunk';
import { sentData } from '@spatile/formats/spatialdata/pieces';
import type { ThreadPool } from '../threads/pool.ts';

/** Less than this is encoded sooner than it is sent. */
const WORTH_SENDING_BYTES = 1 << 16;

/** Encodes large columns and chunks in threads, side by side. */
export function threadedEncoders(threads: ThreadPool): Encoders {
  if (threads.size === 0) return ownEncoders;
  return {
    column: (column, data) => {
      if (bytesOf(data) < WORTH_SENDING_BYTES) return ownEncoders.column(column, data);
      const sent = sentData(data);
      return threads.run('column', { column, data: sent.data }, sent.moves);
    },
    compress: (bytes) =>
      bytes.byteLength >= WORTH_SENDING_BYTES
        ? threads.run('compress', { bytes }, [bytes.buffer as ArrayBuffer])
        : ownEncoders.compress(bytes),
  };
}

/** About the memory of a column: of texts that of their codes, which are large. */
function bytesOf(data: SinkData): number {
  if (ArrayBuffer.isView(data)) return data.byteLength;
  return 'codes' in data ? data.codes.byteLength : data.reduce((sum, { length }) => sum + length, 0);
}
