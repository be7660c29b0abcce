import { writeFile } from 'node:fs/promises';
import { deserialize, serialize } from 'node:v8';
import { SpatileError } from '@spatile/formats/errors';
import type { EncodedChunk } from '@spatile/formats/spatialdata/parquet-chunk';
import {
  encodeFixedColumns,
  type FixedPoints,
  type PointsColumnsSpec,
} from '@spatile/formats/spatialdata/point-columns';
import { decodeFrame, encodeFrame } from '@spatile/formats/tile/frame';
import { allocateColumns, columnsWithin, copyColumns } from '../partition/columns.ts';
import { decodeTile } from '../partition/tile-file.ts';
import { RunStore } from '../run/store.ts';
import { controlFlags } from './points-spec.ts';

/** A row group of the output whose columns are encoded before cells are known; plain data. */
export interface EarlyGroup {
  /** The run directory, and the file in it that takes the columns. */
  directory: string;
  file: string;
  firstRow: number;
  rows: number;
  /** Transcripts `from` to `to` of partition files, in the order of the output. */
  parts: { name: string; sha256: string; from: number; to: number }[];
  spec: PointsColumnsSpec;
  /** Features from here on are controls. */
  genes: number;
}

/** A file of encoded columns, and where each lies in it. */
export interface EarlyColumns {
  bytes: Uint8Array;
  places: { name: string; start: number; length: number; chunk: EncodedChunk['chunk'] }[];
}

const EARLY = 'early-points';
/** What the Parquet footer says of the columns, beside the columns themselves. */
const FOOTER = 'footer';

/**
 * Job of a thread: encodes the columns of a row group that are known before its cells, into a file that no other process looks for: a
 * run that goes on after a kill makes it again. Errors: `RUN_CORRUPT`; plain ones of the file system, since nobody needs the file.
 */
export async function encodeEarlyGroup({
  directory,
  file,
  firstRow,
  rows,
  parts,
  spec,
  genes,
}: EarlyGroup): Promise<void> {
  const store = new RunStore(directory);
  const all = allocateColumns(rows);
  let at = 0;
  for (const { name, sha256, from, to } of parts) {
    const columns = decodeTile(await store.read(name), sha256, name);
    copyColumns(columnsWithin(columns, from, to), all, at);
    at += to - from;
  }
  const points: FixedPoints = {
    x: all.x,
    y: all.y,
    z: spec.hasZ ? all.z : null,
    feature: all.feature,
    transcriptId: all.transcript_id,
    qv: spec.hasQv ? all.qv : null,
    isControl: controlFlags(all.feature, genes),
  };
  const encoded = [...encodeFixedColumns(spec, points, firstRow)];
  const pieces = Object.fromEntries(encoded.map(([name, { bytes }]) => [name, bytes]));
  const footer = serialize(
    encoded.map(([name, { chunk }]): [string, EncodedChunk['chunk']] => [name, chunk]),
  );
  await writeFile(
    store.path(file),
    encodeFrame({ kind: EARLY, meta: {}, tables: {}, pieces: { ...pieces, [FOOTER]: footer } }),
  );
}

/** Job of a thread: reads what `encodeEarlyGroup` wrote. Errors: `RUN_CORRUPT` when it is missing or damaged. */
export const readEarlyGroup = (from: Pick<EarlyGroup, 'directory' | 'file'>): Promise<EarlyColumns> =>
  columnsIn(from).catch((cause) => {
    throw new SpatileError(
      'RUN_CORRUPT',
      `${from.file}: columns of the output that were encoded early are gone or damaged; expected them as they were written; go on with --resume, which makes them again`,
      { cause },
    );
  });

async function columnsIn({ directory, file }: Pick<EarlyGroup, 'directory' | 'file'>): Promise<EarlyColumns> {
  // Memory of its own, which can move to another thread.
  const bytes = new Uint8Array(await new RunStore(directory).read(file));
  const pieces = decodeFrame(bytes, EARLY, file).pieces!;
  const footer = deserialize(pieces[FOOTER]) as [string, EncodedChunk['chunk']][];
  return {
    bytes,
    places: footer.map(([name, chunk]) => {
      const { byteOffset, length } = pieces[name];
      return { name, start: byteOffset - bytes.byteOffset, length, chunk };
    }),
  };
}
