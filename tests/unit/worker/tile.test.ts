import { ASSIGN_TILE, CONTROL_GENE, type StoredTile, storedTileFrame } from '@spatile/formats/tile/assign';
import { type Columns, decodeFrame, encodeFrame, type Frame } from '@spatile/formats/tile/frame';
import { type BlockRows, encodeBlock, encodeGenes } from '@spatile/formats/tile/rows';
import { sortedByRow } from '@spatile/worker/assign/row-order';
import { tileOf } from '@spatile/worker/assign/tile';
import { describe, expect, it } from 'vitest';

const square = { x0: 0, y0: 0, x1: 10, y1: 10 };

const rows = (
  row: number[],
  x: number[],
  changes: Partial<Record<keyof BlockRows, unknown>> = {},
): BlockRows =>
  ({
    row: Uint32Array.from(row),
    x: Float32Array.from(x),
    y: new Float32Array(row.length).fill(5),
    z: new Float32Array(row.length),
    feature: new Uint32Array(row.length),
    prior: new Uint32Array(row.length),
    nuclear: new Uint8Array(row.length),
    ...changes,
  }) as BlockRows;

/** The frame of a task, its blocks read. */
const stored = (blocks: Uint8Array[], genes = Uint32Array.of(1, CONTROL_GENE)): Frame =>
  storedTileFrame(tileWith(genes), {
    pieces: Object.fromEntries(blocks.map((block, b) => [`rows.${b}`, block])),
  });

const tileWith = (genes: Uint32Array): StoredTile => ({
  meta: {
    ...{ tile: 't0000', core: square, region: square, gridOriginUm: [0, 0] as [number, number] },
    ...{ seed: 1, genes: 2, hasZ: false },
  },
  cells: {
    cell: new Uint32Array(0),
    seedX: new Float64Array(0),
    seedY: new Float64Array(0),
    owned: new Uint8Array(0),
  },
  rings: {
    cell: new Uint32Array(0),
    kind: new Uint8Array(0),
    start: new Uint32Array(0),
    count: new Uint32Array(0),
  },
  vertices: { x: new Float64Array(0), y: new Float64Array(0) },
  genes: encodeGenes(genes),
  blocks: {},
});

const received = (frame: Frame) => tileOf(decodeFrame(encodeFrame({ ...frame, stored: {} }), ASSIGN_TILE));

const sentence = /^[^\n]+; expected [^\n]+; [^\n]+$/;
const refused = (tile: Frame, what: RegExp) => {
  expect(() => received(tile)).toThrow(sentence);
  expect(() => received(tile)).toThrow(what);
};

describe('the tile of a task', () => {
  it('has the rows of all blocks that lie in the region, ascending, with genes for features', () => {
    const feature = Uint32Array.of(1, 0, 0);
    const tile = received(
      stored([encodeBlock(rows([2, 9, 4], [9, 0, 10], { feature })), encodeBlock(rows([3], [1]))]),
    );
    expect([...tile.transcripts.row]).toEqual([2, 3, 9]);
    expect([...tile.transcripts.x]).toEqual([9, 1, 0]);
    expect([...tile.transcripts.gene]).toEqual([CONTROL_GENE, 1, 1]);
  });

  it('may be empty', () => {
    expect(received(stored([])).transcripts.row).toHaveLength(0);
    expect(received(stored([encodeBlock(rows([1], [30]))])).transcripts.row).toHaveLength(0);
  });

  it('is refused when its parts do not fit one another', () => {
    const block = encodeBlock(rows([1, 2], [1, 2]));
    refused(stored([block, block]), /tile t0000: .*row 1 is there twice/);
    refused(stored([encodeBlock(rows([1], [1], { feature: Uint32Array.of(2) }))]), /feature 2 of 2 is named/);
    refused(stored([block], Uint32Array.of(2)), /gene 2 of 2 is named/);
  });

  it('is refused when a piece is missing, damaged or of another form', () => {
    const whole = stored([encodeBlock(rows([1], [1]))]);
    const without = { ...whole, pieces: { 'rows.0': whole.pieces!['rows.0'] } };
    expect(() => tileOf(without)).toThrow(/piece genes is missing/);
    const damaged = Uint8Array.from(whole.pieces!['rows.0']);
    damaged[damaged.length - 1] ^= 1;
    refused(stored([damaged]), /piece rows\.0: checksum does not match/);
    refused(stored([encodeBlock(rows([1], [1], { x: Float64Array.of(1) }))]), /column x .*Float64Array/);
    const lacking = encodeFrame({
      kind: 'transcript-block',
      meta: {},
      tables: { rows: { row: Uint32Array.of(1) } as Columns },
    });
    refused(stored([lacking]), /table rows lacks x/);
    refused(stored([encodeGenes(Uint32Array.of(1))]), /holds model-genes, expected transcript-block/);
  });
});

it('rows are sorted over all 32 bits, with their values', () => {
  const row = Uint32Array.from({ length: 5000 }, (_, i) => Math.imul(i + 1, 0x9e3779b1) >>> 0);
  const expected = [...row.keys()].sort((a, b) => row[a] - row[b]);
  expect([...sortedByRow(row.slice(), Uint32Array.from(row.keys()))]).toEqual(expected);
  expect([...sortedByRow(Uint32Array.of(7, 7, 6), Uint32Array.of(0, 1, 2))]).toEqual([2, 0, 1]);
  expect(sortedByRow(new Uint32Array(0), new Uint32Array(0))).toHaveLength(0);
});
