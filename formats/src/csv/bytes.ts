import { createReadStream, type ReadStream } from 'node:fs';
import { createGunzip } from 'node:zlib';
import { openFailed } from '../tabular/open-failed.ts';
import { csvInvalid } from './invalid.ts';

const CHUNK_BYTES = 1 << 18;

/**
 * The bytes of a plain or gzipped file in chunks of some 100 kB. gzip is told by its first two bytes, not by the name.
 * Errors: `INPUT_MISSING`, `INPUT_UNREADABLE`, `CSV_INVALID` for a damaged or truncated gzip stream.
 */
export async function* fileBytes(path: string): AsyncGenerator<Uint8Array> {
  const file = createReadStream(path, { highWaterMark: CHUNK_BYTES });
  const chunks = file[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  try {
    const first = await nextChunk(chunks, path);
    if (!first) return;
    if (first[0] !== 0x1f || first[1] !== 0x8b) {
      for (let chunk: Buffer | null = first; chunk; chunk = await nextChunk(chunks, path)) yield chunk;
      return;
    }
  } finally {
    file.destroy();
  }
  yield* gunzipped(path);
}

async function nextChunk(chunks: AsyncIterator<Buffer>, path: string): Promise<Buffer | null> {
  try {
    const next = await chunks.next();
    return next.done ? null : next.value;
  } catch (cause) {
    throw openFailed(path, cause);
  }
}

async function* gunzipped(path: string): AsyncGenerator<Uint8Array> {
  const file: ReadStream = createReadStream(path, { highWaterMark: CHUNK_BYTES });
  const gunzip = createGunzip({ chunkSize: CHUNK_BYTES });
  file.on('error', (cause) => gunzip.destroy(cause));
  try {
    for await (const chunk of file.pipe(gunzip)) yield chunk;
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? '';
    if (!code.startsWith('Z_')) throw openFailed(path, cause);
    const found = code === 'Z_BUF_ERROR' ? 'the compressed data ends early' : (cause as Error).message;
    throw csvInvalid(
      path,
      `the gzip stream is truncated or damaged (${found})`,
      'a complete file',
      'copy or export it again',
      cause,
    );
  } finally {
    file.destroy();
    gunzip.destroy();
  }
}
