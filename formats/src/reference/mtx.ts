import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { fileBytes } from '../csv/bytes.ts';
import { openFailed } from '../tabular/open-failed.ts';
import { type CellSource, codedLabels, type Entries, labelsByBarcode, referenceInvalid } from './source.ts';

const BATCH = 1 << 18;

/**
 * A 10x folder in Matrix Market format (`matrix.mtx`, `features.tsv` or `genes.tsv`, `barcodes.tsv`, each plain or gzipped)
 * with labels by barcode.
 * Errors: `INPUT_MISSING`, `INPUT_UNREADABLE`, `REFERENCE_INVALID`.
 */
export async function openMtx(
  folder: string,
  file: string,
  labels: ReadonlyMap<string, string>,
): Promise<CellSource> {
  const features = (await lines(oneOf(folder, file, ['features.tsv', 'genes.tsv']))).map((line) =>
    line.split('\t'),
  );
  const barcodes = (await lines(oneOf(folder, file, ['barcodes.tsv']))).map((line) => line.split('\t')[0]);
  const matrix = oneOf(folder, file, ['matrix.mtx']);
  return {
    genes: features.map((columns) => columns[1] ?? columns[0]),
    ids: features.map(([id]) => id),
    ...codedLabels(labelsByBarcode(file, barcodes, labels)),
    from: 'matrix.mtx',
    entries: () => marketEntries(matrix, file, features.length, barcodes.length),
  };
}

function oneOf(folder: string, file: string, names: readonly string[]): string {
  const tried = names.flatMap((name) => [name, `${name}.gz`]);
  const found = tried.find((name) => existsSync(join(folder, name)));
  if (found !== undefined) return join(folder, found);
  throw referenceInvalid(
    file,
    `the folder holds no ${names[0]}`,
    `one of ${tried.join(', ')}`,
    'check the folder',
  );
}

async function lines(path: string): Promise<string[]> {
  const bytes = await readFile(path).catch((cause) => {
    throw openFailed(path, cause);
  });
  const text = (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
  return text.split('\n').flatMap((line) => (line.trim() === '' ? [] : [line.replace(/\r$/, '')]));
}

/** Streams the entries; the size line must agree with features and barcodes. */
async function* marketEntries(
  path: string,
  file: string,
  features: number,
  barcodes: number,
): AsyncGenerator<Entries> {
  let rest = '';
  let sized = false;
  let [gene, cell, count]: number[][] = [[], [], []];
  for await (const chunk of textChunks(path)) {
    const parts = (rest + chunk).split('\n');
    rest = chunk === '' ? '' : parts.pop()!;
    for (const line of parts) {
      if (line === '' || line.startsWith('%')) continue;
      const [a, b, c] = line.split(/\s+/, 3).map(Number);
      if (!sized) {
        checkSize(file, a, b, features, barcodes);
        sized = true;
        continue;
      }
      if (!(a >= 1 && b >= 1)) throw damaged(file, line);
      gene.push(a - 1);
      cell.push(b - 1);
      count.push(c);
    }
    if (count.length >= BATCH) {
      yield { gene, cell, count };
      [gene, cell, count] = [[], [], []];
    }
  }
  if (!sized) throw damaged(file, 'no size line');
  if (count.length > 0) yield { gene, cell, count };
}

/** The text of a file in pieces, the last one empty so that a last line without an end is seen. */
async function* textChunks(path: string): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  for await (const bytes of fileBytes(path)) {
    const text = decoder.decode(bytes, { stream: true });
    if (text !== '') yield text;
  }
  yield '';
}

function checkSize(file: string, rows: number, columns: number, features: number, barcodes: number): void {
  if (rows === features && columns === barcodes) return;
  throw referenceInvalid(
    file,
    `matrix.mtx is ${rows} x ${columns}, but there are ${features} features and ${barcodes} barcodes`,
    'features x barcodes',
    'take the three files of one export',
  );
}

const damaged = (file: string, line: string): Error =>
  referenceInvalid(
    file,
    `matrix.mtx cannot be read (${line.slice(0, 40)})`,
    'lines of feature, barcode and count',
    'export it again',
  );
