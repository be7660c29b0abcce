import { choosePilots, type PilotCandidate } from '@spatile/coordinator/assign/proseg/pilots';
import { defaultConfig } from '@spatile/formats/config/schema';
import { RandomStream } from '@spatile/random/stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

const config = defaultConfig().assign.proseg;

function tiles(
  count: number,
  overrides: (i: number) => Partial<PilotCandidate> = () => ({}),
): PilotCandidate[] {
  return Array.from({ length: count }, (_, i) => ({
    id: `t${String(i).padStart(4, '0')}`,
    core: { x0: i * 500, y0: 0, x1: (i + 1) * 500, y1: 500 },
    transcripts: 50_000,
    cells: 500,
    ...overrides(i),
  }));
}

describe('pilot tiles', () => {
  it('are all tiles when there are few', () => {
    expect(choosePilots(tiles(3), config, 1)).toEqual(['t0000', 't0001', 't0002']);
    expect(choosePilots([], config, 1)).toEqual([]);
  });

  it('stay between the bounds and are a function of tiles and seed, in any order', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 0, max: 99 }), (count, seed) => {
        const stream = new RandomStream(seed, 'tiles');
        const list = tiles(count, () => ({
          transcripts: 1 + stream.integer(90_000),
          cells: 1 + stream.integer(900),
        }));
        const chosen = choosePilots(list, config, seed);
        expect(new Set(chosen).size).toBe(chosen.length);
        expect(chosen.length).toBeGreaterThanOrEqual(Math.min(count, config.fit.minPilots));
        expect(chosen.length).toBeLessThanOrEqual(config.fit.maxPilots);
        expect(chosen).toEqual([...chosen].sort());
        expect(choosePilots(stream.shuffle([...list]), config, seed)).toEqual(chosen);
      }),
      { numRuns: 40 },
    );
  });

  it('leave out tiles without cells or transcripts', () => {
    const chosen = choosePilots(
      tiles(60, (i) => (i % 2 === 0 ? { cells: 0 } : {})),
      config,
      1,
    );
    expect(chosen.every((id) => Number(id.slice(1)) % 2 === 1)).toBe(true);
  });

  it('grow in number while they are few cells and a small part of the slide', () => {
    const count = (tileTranscripts: number): number =>
      choosePilots(
        tiles(60, () => ({ tileTranscripts })),
        config,
        1,
      ).length;
    expect(count(50_000)).toBe(4);
    // A twentieth of 60 tiles of 500,000 transcripts: 30 windows of 50,000.
    expect(count(500_000)).toBe(30);
  });

  it('cover sparse and dense parts', () => {
    const density = (i: number): number => [1000, 20_000, 90_000][i % 3];
    const chosen = choosePilots(
      tiles(90, (i) => ({ transcripts: density(i) })),
      config,
      1,
    );
    expect(new Set(chosen.map((id) => density(Number(id.slice(1))))).size).toBe(3);
  });

  it('include the one tile with another gene profile', () => {
    const stream = new RandomStream(1, 'profiles');
    const list = tiles(200, (i) => ({
      projection: Float32Array.from({ length: 25 }, () => 0.1 * stream.normal() + (i === 137 ? 3 : 0)),
    }));
    expect(choosePilots(list, config, 1)).toContain('t0137');
  });
});
