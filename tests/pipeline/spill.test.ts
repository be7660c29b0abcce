import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { partitionTranscripts } from '@spatile/coordinator/partition/partition';
import { decodeTile } from '@spatile/coordinator/partition/tile-file';
import { OwnerGrid } from '@spatile/coordinator/plan/owner';
import type { TilePlan } from '@spatile/coordinator/plan/plan';
import { RunStore } from '@spatile/coordinator/run/store';
import type { SlideBundle, TranscriptBatch } from '@spatile/formats/bundle/slide';
import { expect, test } from 'vitest';
import { testFolder } from './slide.ts';

const at = testFolder();
const ROWS = 400_000;
const BATCH = 40_000;
const EDGE_UM = 160;

/** Row i lies at a place that says which row it is; four in five are in the left tile. */
const xOf = (row: number): number => (row % 5 === 0 ? EDGE_UM : 0) + (row % 1000) / 8;

async function* batches(): AsyncGenerator<TranscriptBatch> {
  for (let firstRow = 0; firstRow < ROWS; firstRow += BATCH) {
    const length = Math.min(BATCH, ROWS - firstRow);
    const row = Array.from({ length }, (_, i) => firstRow + i);
    yield {
      firstRow,
      length,
      x: Float32Array.from(row, xOf),
      y: Float32Array.from(row, (i) => i % 100),
      z: null,
      feature: Uint32Array.from(row, (i) => i % 7),
      qv: null,
      transcriptId: BigUint64Array.from(row, (i) => BigInt(i) * 3n),
      cell: null,
      nuclear: null,
    };
  }
}

/** Compares bytes, since comparing a million values one by one takes seconds. */
function expectSame(got: ArrayBufferView, expected: ArrayBufferView): void {
  const bytes = (array: ArrayBufferView) => Buffer.from(array.buffer, array.byteOffset, array.byteLength);
  expect(bytes(got).equals(bytes(expected))).toBe(true);
}

test('a tile with more transcripts than the buffer holds goes through the spill file whole and in order', async () => {
  mkdirSync(at('run'));
  const store = new RunStore(at('run'));
  const cores = [0, EDGE_UM].map((x0) => ({ x0, y0: 0, x1: x0 + EDGE_UM, y1: EDGE_UM }));
  const extent = { x0: 0, y0: 0, x1: 2 * EDGE_UM, y1: EDGE_UM };
  const tiles = cores.map((core, i) => ({
    ...{ id: `t${i}`, core, transcripts: 0, cells: 0, memoryBytes: 0 },
  }));
  const plan: TilePlan = { gridOriginUm: [0, 0], latticeUm: 16, extent, haloUm: 16, tiles };
  const manifest = await partitionTranscripts(
    store,
    {
      bundle: { name: 'made up', transcripts: { batches } } as unknown as SlideBundle,
      rules: { minQv: null, dropInvalid: false, contains: null },
      plan,
      owner: new OwnerGrid(extent, 16, cores),
      featureIndex: Uint32Array.of(6, 5, 4, 3, 2, 1, 0),
      cellIndex: new Uint32Array(0),
    },
    () => {},
  );
  expect(manifest.tiles.map(({ transcripts }) => transcripts)).toEqual([320_000, 80_000]);
  for (const [tile, mine] of [(i: number) => i % 5 !== 0, (i: number) => i % 5 === 0].entries()) {
    const name = `partition/t${tile}.frame`;
    const columns = decodeTile(readFileSync(store.path(name)), manifest.tiles[tile].sha256, name);
    const rows = Array.from({ length: ROWS }, (_, i) => i).filter(mine);
    expectSame(columns.row, Uint32Array.from(rows));
    expectSame(columns.x, Float32Array.from(rows, xOf));
    expectSame(
      columns.feature,
      Uint32Array.from(rows, (i) => 6 - (i % 7)),
    );
    expectSame(
      columns.transcript_id,
      BigUint64Array.from(rows, (i) => BigInt(i) * 3n),
    );
  }
  expect(readdirSync(store.path('partition')).sort()).toEqual([
    'blocks.frame',
    'manifest.json',
    't0.frame',
    't1.frame',
  ]);
});
