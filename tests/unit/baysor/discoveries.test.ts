import {
  type Discovery,
  discoveriesOf,
  settleDiscoveries,
} from '@spatile/coordinator/assign/baysor/discoveries';
import type { RectUm } from '@spatile/formats/space';
import { DISCOVERED } from '@spatile/formats/tile/baysor';
import { RandomStream } from '@spatile/random/stream';
import { sharedRows } from '@spatile/worker/assign/baysor/result';
import { describe, expect, it } from 'vitest';

/** Cores of 100 um in a row. */
const coreOf = (tile: number): RectUm => ({ x0: 100 * tile, y0: 0, x1: 100 * (tile + 1), y1: 100 });

const discovery = (entry: Partial<Discovery> & { tile: number }): Discovery => ({
  index: 0,
  core: coreOf(entry.tile),
  seedX: 10,
  seedY: 10,
  transcripts: entry.rows?.length ?? 0,
  home: true,
  rows: new Uint32Array(0),
  ...entry,
});
const rows = (from: number, to: number): Uint32Array =>
  Uint32Array.from({ length: to - from }, (_, i) => from + i);

describe('discoveries of neighbouring tiles', () => {
  it('that share half of the smaller are one cell: that of more transcripts', () => {
    const taken = settleDiscoveries([
      discovery({ tile: 0, rows: rows(0, 60) }),
      discovery({ tile: 1, rows: rows(20, 100) }),
    ]);
    expect(taken.map(({ tile }) => tile)).toEqual([1]);
  });

  it('that share less are two', () => {
    const taken = settleDiscoveries([
      discovery({ tile: 0, rows: rows(0, 60) }),
      discovery({ tile: 1, rows: rows(40, 100), seedY: 5 }),
    ]);
    expect(taken.map(({ tile }) => tile)).toEqual([1, 0]);
  });

  it('of a tile itself are never one', () => {
    const taken = settleDiscoveries([
      discovery({ tile: 0, rows: rows(0, 60) }),
      discovery({ tile: 0, index: 1, rows: rows(0, 60) }),
    ]);
    expect(taken.length).toBe(2);
  });

  it('whose seed lies in the other core count only when each says so of the other', () => {
    const inRight = { seedX: 101 };
    const inLeft = { seedX: 99 };
    const alone = settleDiscoveries([discovery({ tile: 0, rows: rows(0, 60), home: false, ...inRight })]);
    expect(alone).toEqual([]);
    const mutual = settleDiscoveries([
      discovery({ tile: 0, rows: rows(0, 60), home: false, ...inRight }),
      discovery({ tile: 1, rows: rows(5, 60), home: false, ...inLeft }),
    ]);
    expect(mutual.map(({ tile }) => tile)).toEqual([0]);
    const judged = settleDiscoveries([
      discovery({ tile: 0, rows: rows(0, 90), home: false, ...inRight }),
      discovery({ tile: 1, rows: rows(5, 60), ...inRight }),
    ]);
    expect(judged.map(({ tile }) => tile)).toEqual([1]);
  });

  it('do not count by the word of a tile that is not asked', () => {
    // Tile 0 says tile 1, which found nothing; tile 2 found the same cell and says tile 1, too.
    const elsewhere = settleDiscoveries([
      discovery({ tile: 0, rows: rows(0, 60), home: false, seedX: 150 }),
      discovery({ tile: 2, rows: rows(5, 60), home: false, seedX: 151 }),
    ]);
    expect(elsewhere).toEqual([]);
  });

  it('are settled alike in any order', () => {
    const stream = new RandomStream(1, 'test.baysor.discoveries');
    const found = Array.from({ length: 40 }, (_, i) => {
      const from = stream.integer(300);
      return discovery({
        tile: i % 4,
        index: Math.floor(i / 4),
        seedX: stream.integer(5),
        seedY: stream.integer(5),
        home: stream.uniform() < 0.6,
        rows: rows(from, from + 20 + stream.integer(40)),
      });
    });
    const wanted = settleDiscoveries(found);
    expect(wanted.length).toBeGreaterThan(5);
    for (let round = 0; round < 10; round++)
      expect(settleDiscoveries(stream.shuffle([...found]))).toEqual(wanted);
  });

  it('keep their rows near the edge of the core only', () => {
    const claims = {
      row: Uint32Array.of(4, 5, 6, 7),
      cell: Uint32Array.of(DISCOVERED + 1, 2, DISCOVERED, DISCOVERED + 1),
    };
    const discovered = {
      seedX: Float64Array.of(50, 99),
      seedY: Float64Array.of(50, 60),
      transcripts: Uint32Array.of(1, 2),
    };
    const core = { x0: 0, y0: 0, x1: 100, y1: 100 };
    const shared = sharedRows(claims, discovered, core, 20);
    const [inner, edge] = discoveriesOf(3, core, discovered, shared);
    expect(inner).toMatchObject({ tile: 3, index: 0, home: true, transcripts: 1, rows: new Uint32Array(0) });
    expect(edge).toMatchObject({ home: true, rows: Uint32Array.of(4, 7) });
  });
});
