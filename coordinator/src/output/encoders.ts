import { type Encoders, ownEncoders } from '@spatile/formats/spatialdata/encoders';
import type { ThreadPool } from '../threads/pool.ts';

/** Less than this is encoded sooner than it is sent. */
const WORTH_SENDING_BYTES = 1 << 16;

/** Encodes large columns and chunks in threads, side by side; columns of polygons, which are many pieces, in place. */
export function threadedEncoders(threads: ThreadPool): Encoders {
  return {
    column: (column, data) => {
      // Of a column of texts the codes are large.
      const values = 'codes' in data ? data.codes : data;
      return ArrayBuffer.isView(values) && values.byteLength >= WORTH_SENDING_BYTES
        ? threads.run('column', { column, data }, [values.buffer as ArrayBuffer])
        : ownEncoders.column(column, data);
    },
    compress: (bytes) =>
      bytes.byteLength >= WORTH_SENDING_BYTES
        ? threads.run('compress', { bytes }, [bytes.buffer as ArrayBuffer])
        : ownEncoders.compress(bytes),
  };
}
