import { type FileHandle, mkdir, open, rm } from 'node:fs/promises';
import type { SlideBundle } from '@spatile/formats/bundle/slide';
import { SpatileError } from '@spatile/formats/errors';
import type { RowGroupDecoder } from '@spatile/formats/parquet/row-groups';
import { frameDigest } from '@spatile/formats/tile/frame';
import type { OwnerGrid } from '../plan/owner.ts';
import type { TilePlan } from '../plan/plan.ts';
import type { RunStore } from '../run/store.ts';
import { storageError } from '../run/store.ts';
import { type FilterRules, keptRows, noneFiltered } from '../scan/filter.ts';
import { BLOCKS_FILE, type BlockEntries, BlockIndex } from './block-index.ts';
import {
  allocateColumns,
  columnsWithin,
  copyColumns,
  type PartitionColumns,
  packColumns,
  RECORD_BYTES,
  unpackInto,
} from './columns.ts';
import { partitionName } from './regions.ts';
import { blockEdgeUm, encodeTile } from './tile-file.ts';

/** Memory for buffered records before they are spilled to disk, bytes. */
const BUFFER_BYTES = 192 * 2 ** 20;
/** Most records that are buffered of one tile. */
const MOST_BUFFERED = 1 << 18;

export interface PartitionManifest {
  /** `sha256`: the digest in the header of the tile's file, which has those of all its pieces. */
  tiles: { tile: string; transcripts: number; sha256: string }[];
}

export interface PartitionInput {
  bundle: SlideBundle;
  rules: FilterRules;
  plan: TilePlan;
  owner: OwnerGrid;
  /** Scan order of features -> slide feature index. */
  featureIndex: Uint32Array;
  /** Scan order of vendor cells (k-th met) -> slide cell, 0 = none. */
  cellIndex: Uint32Array;
  /** Who decodes the transcripts; null or absent for this thread. */
  decoder?: RowGroupDecoder | null;
}

interface TileBuffer {
  columns: PartitionColumns;
  /** The transcript ids of `columns`, two words each: without them every id is made a BigInt on its way. */
  idWords: Uint32Array;
  length: number;
  /** Spilled blocks: offset in the spill file and records. */
  spilled: { offset: number; records: number }[];
  spilledRecords: number;
}

/**
 * Writes every kept transcript once into the file of the tile whose core holds it (`partition/<tile>.frame`, see
 * `encodeTile`), then where its blocks lie (`partition/blocks.frame`) and `partition/manifest.json`. One streaming pass; what does not fit the buffer waits in one spill file.
 */
export async function partitionTranscripts(
  store: RunStore,
  input: PartitionInput,
  onRows: (rows: number) => void,
): Promise<PartitionManifest> {
  await mkdir(store.path('partition'), { recursive: true }).catch((cause) => {
    throw storageError(cause, 'partition');
  });
  const spillPath = store.path('partition/spill.tmp-records');
  const spill = await open(spillPath, 'w+').catch((cause) => {
    throw storageError(cause, 'partition');
  });
  // One file is on its way to the disk while the next one is made.
  let writing: Promise<void> = Promise.resolve();
  try {
    const buffers = await distribute(input, spill, onRows);
    const manifest: PartitionManifest = { tiles: [] };
    const blocks: BlockEntries[] = [];
    const { tiles, haloUm, latticeUm } = input.plan;
    for (const [t, { id, core }] of tiles.entries()) {
      const columns = await gather(buffers[t], spill);
      const transcripts = columns.row.length;
      const encoded = encodeTile(columns, core, blockEdgeUm(core, transcripts, haloUm, latticeUm));
      await writing;
      writing = store.put(partitionName(id), encoded.bytes);
      writing.catch(() => undefined);
      blocks.push(encoded.blocks);
      manifest.tiles.push({ tile: id, transcripts, sha256: frameDigest(encoded.bytes) });
    }
    await writing;
    await store.put(BLOCKS_FILE, new BlockIndex(blocks).encode());
    await store.putJson('partition/manifest.json', manifest);
    return manifest;
  } finally {
    await writing.catch(() => undefined);
    await spill.close();
    await rm(spillPath, { force: true });
  }
}

async function distribute(
  input: PartitionInput,
  spill: FileHandle,
  onRows: (rows: number) => void,
): Promise<TileBuffer[]> {
  const { bundle, rules, plan, owner } = input;
  const perTile = Math.max(
    64,
    Math.min(MOST_BUFFERED, Math.floor(BUFFER_BYTES / RECORD_BYTES / plan.tiles.length)),
  );
  const buffers = plan.tiles.map((): TileBuffer => {
    const columns = allocateColumns(64);
    return { columns, idWords: wordsOf(columns.transcript_id), length: 0, spilled: [], spilledRecords: 0 };
  });
  const counts = noneFiltered();
  let spillEnd = 0;
  let rows = 0;
  const wanted = { z: true, qv: true, transcriptId: true, cell: true, nuclear: true };
  for await (const batch of bundle.transcripts.batches(wanted, input.decoder)) {
    if (batch.firstRow + batch.length > 0xffffffff) {
      throw new SpatileError(
        'INTERNAL',
        `${bundle.name}: more than ${0xffffffff} rows; this version numbers rows with 32 bits`,
      );
    }
    const idWords = batch.transcriptId && wordsOf(batch.transcriptId);
    for (const i of keptRows(batch, rules, counts)) {
      const buffer = buffers[owner.ownerOf(batch.x[i], batch.y[i])];
      if (buffer.length === buffer.columns.row.length) {
        if (buffer.length < perTile) {
          grow(buffer, Math.min(perTile, buffer.length * 4));
        } else {
          const packed = packColumns(buffer.columns, buffer.length);
          await writeAll(spill, packed, spillEnd);
          buffer.spilled.push({ offset: spillEnd, records: buffer.length });
          buffer.spilledRecords += buffer.length;
          spillEnd += packed.length;
          buffer.length = 0;
        }
      }
      const at = buffer.length++;
      const to = buffer.columns;
      const row = batch.firstRow + i;
      to.row[at] = row;
      to.x[at] = batch.x[i];
      to.y[at] = batch.y[i];
      to.z[at] = batch.z === null ? 0 : batch.z[i];
      to.feature[at] = input.featureIndex[batch.feature[i]];
      to.qv[at] = batch.qv === null ? 0 : batch.qv[i];
      if (idWords === null) to.transcript_id[at] = BigInt(row);
      else {
        buffer.idWords[2 * at] = idWords[2 * i];
        buffer.idWords[2 * at + 1] = idWords[2 * i + 1];
      }
      to.prior[at] = batch.cell === null || batch.cell[i] === 0 ? 0 : input.cellIndex[batch.cell[i] - 1];
      to.nuclear[at] = batch.nuclear === null ? 0 : batch.nuclear[i];
    }
    rows += batch.length;
    onRows(rows);
  }
  return buffers;
}

function grow(buffer: TileBuffer, capacity: number): void {
  const columns = allocateColumns(capacity);
  copyColumns(columnsWithin(buffer.columns, 0, buffer.length), columns, 0);
  buffer.columns = columns;
  buffer.idWords = wordsOf(columns.transcript_id);
}

const wordsOf = ({ buffer, byteOffset, length }: BigUint64Array): Uint32Array =>
  new Uint32Array(buffer, byteOffset, 2 * length);

async function gather(buffer: TileBuffer, spill: FileHandle): Promise<PartitionColumns> {
  const last = columnsWithin(buffer.columns, 0, buffer.length);
  if (buffer.spilledRecords === 0) return last;
  const columns = allocateColumns(buffer.spilledRecords + buffer.length);
  let at = 0;
  for (const { offset, records } of buffer.spilled) {
    const packed = new Uint8Array(records * RECORD_BYTES);
    await readAll(spill, packed, offset);
    unpackInto(columns, at, packed, records);
    at += records;
  }
  copyColumns(last, columns, at);
  return columns;
}

/** Writes all bytes: on a disk that is nearly full the system writes a part and says no more than how much. */
async function writeAll(spill: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await spill
      .write(bytes, done, bytes.length - done, position + done)
      .catch((cause) => {
        throw storageError(cause, 'partition');
      });
    done += bytesWritten;
  }
}

/** Fills `bytes`. Errors: `RUN_CORRUPT` when the file is shorter than what was written to it. */
async function readAll(spill: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesRead } = await spill.read(bytes, done, bytes.length - done, position + done);
    if (bytesRead === 0) {
      throw new SpatileError(
        'RUN_CORRUPT',
        'partition: the spill file ends early; expected every record that was written to it; go on with --resume',
      );
    }
    done += bytesRead;
  }
}
