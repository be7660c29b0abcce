import type { RowGroupDecoder } from '@spatile/formats/parquet/row-groups';
import type { ThreadPool } from './pool.ts';

/** Jobs for each thread: the one it does and the next. */
const JOBS_PER_THREAD = 2;

/** Decodes row groups of transcripts in threads while this one looks at those before; null without threads. */
export const threadedDecoder = (threads: ThreadPool): RowGroupDecoder | null =>
  threads.size === 0
    ? null
    : { ahead: JOBS_PER_THREAD * threads.size, decode: (job) => threads.run('rows', job) };
