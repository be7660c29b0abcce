import { basename } from 'node:path';
import { type OpenFile, openFile } from '../file-bytes.ts';
import { type NpyHeader, parseNpyHeader } from './npy-header.ts';
import { appendPixels, clearLine, emptyLine, type LabelLine, type MaskReader } from './runs.ts';

/** The header of version 1 has at most 64 KiB; longer ones belong to structured arrays, which are refused. */
const HEADER_BYTES = 70_000;
const BLOCK_BYTES = 4 * 2 ** 20;

/**
 * Opens a two-axis `.npy` mask of integers, bools or whole floats in C or Fortran order.
 * Errors: as `parseNpyHeader`, and `INPUT_MISSING`, `INPUT_UNREADABLE`.
 */
export async function openNpyMask(path: string): Promise<MaskReader> {
  const name = basename(path);
  const file = await openFile(path);
  try {
    const head = await file.read(0, Math.min(HEADER_BYTES, file.sizeBytes));
    const header = parseNpyHeader(head, file.sizeBytes, name);
    const { widthPx, heightPx, dataType, columns } = header;
    return { widthPx, heightPx, dataType, columns, lines: () => readLines(path, name, header) };
  } finally {
    await file.close();
  }
}

async function* readLines(path: string, name: string, header: NpyHeader): AsyncGenerator<LabelLine> {
  const lineLength = header.columns ? header.heightPx : header.widthPx;
  const lineCount = header.columns ? header.widthPx : header.heightPx;
  const total = lineLength * lineCount;
  const blockItems = BLOCK_BYTES / header.itemBytes;
  const line = emptyLine();
  const file = await openFile(path);
  try {
    let place = 0;
    for (let done = 0; done < total; done += blockItems) {
      const items = Math.min(blockItems, total - done);
      const values = await readItems(file, header, header.dataOffset + done * header.itemBytes, items);
      for (let at = 0; at < items; ) {
        const take = Math.min(lineLength - place, items - at);
        appendPixels(line, values, at, at + take, place, name);
        at += take;
        place += take;
        if (place < lineLength) continue;
        yield line;
        clearLine(line);
        place = 0;
      }
    }
  } finally {
    await file.close();
  }
}

async function readItems(
  file: OpenFile,
  header: NpyHeader,
  offset: number,
  items: number,
): Promise<ArrayLike<number>> {
  const { buffer } = await file.read(offset, items * header.itemBytes);
  const { kind, itemBytes } = header;
  if (kind === 'f') return itemBytes === 4 ? new Float32Array(buffer) : new Float64Array(buffer);
  if (itemBytes === 1) return kind === 'i' ? new Int8Array(buffer) : new Uint8Array(buffer);
  if (itemBytes === 2) return kind === 'i' ? new Int16Array(buffer) : new Uint16Array(buffer);
  if (itemBytes === 4) return kind === 'i' ? new Int32Array(buffer) : new Uint32Array(buffer);
  // 64-bit labels as doubles: exact up to 2^53, and what is larger is refused as no label.
  const low = new Uint32Array(buffer);
  const high = kind === 'i' ? new Int32Array(buffer) : new Uint32Array(buffer);
  return Float64Array.from({ length: items }, (_, i) => high[2 * i + 1] * 2 ** 32 + low[2 * i]);
}
