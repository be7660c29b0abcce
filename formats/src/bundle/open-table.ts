import { open } from 'node:fs/promises';
import { openCsv } from '../csv/file.ts';
import { openParquet } from '../parquet/file.ts';
import type { TableFile } from '../tabular/columns.ts';
import { openFailed } from '../tabular/open-failed.ts';

/** Opens a transcript table: Parquet by its magic bytes or name, else CSV or TSV (plain or gzipped). */
export async function openTable(path: string): Promise<TableFile> {
  return path.endsWith('.parquet') || (await startsWithMagic(path)) ? openParquet(path) : openCsv(path);
}

async function startsWithMagic(path: string): Promise<boolean> {
  const handle = await open(path).catch((cause) => {
    throw openFailed(path, cause);
  });
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(4), 0, 4, 0);
    return bytesRead === 4 && buffer.toString('latin1') === 'PAR1';
  } catch (cause) {
    throw openFailed(path, cause);
  } finally {
    await handle.close();
  }
}
