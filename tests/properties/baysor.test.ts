import type { AssignTile } from '@spatile/formats/tile/assign';
import type { BaysorModel, BaysorSettings } from '@spatile/formats/tile/baysor';
import { RandomStream } from '@spatile/random/stream';
import { moleculeGraph } from '@spatile/worker/assign/baysor/graph';
import { moleculesOf } from '@spatile/worker/assign/baysor/molecules';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { assigned, fitted, type Point, SETTINGS, type ToyResult, tileOf } from '../unit/baysor/toy.ts';

const EDGE = 60;
const GENES = 12;
const settings: BaysorSettings = {
  ...SETTINGS,
  minTranscriptsPerCell: 10,
  scaleUm: 4,
  scaleSdUm: 1,
  clusters: 1,
  priorConfidence: 0.5,
  iterations: 20,
};

/** Clouds here and there, some with a prior cell, and noise; every fourth molecule lies on a coarse lattice (ties, doubles). */
function scene(seed: number, clouds: number): Point[] {
  const stream = new RandomStream(seed, 'test.baysor.scene');
  const points: Point[] = [];
  for (let cloud = 1; cloud <= clouds; cloud++) {
    const centre = [EDGE * stream.uniform(), EDGE * stream.uniform()];
    for (let i = 0; i < 30; i++) {
      const inside = (value: number): number => Math.min(Math.max(value, 0), EDGE - 0.01);
      const x = inside(centre[0] + 2 * stream.normal());
      const y = inside(centre[1] + 2 * stream.normal());
      const round = i % 4 === 0;
      points.push({
        x: round ? Math.floor(x) : x,
        y: round ? Math.floor(y) : y,
        gene: stream.integer(GENES),
        prior: cloud % 2 === 1 && i < 15 ? (cloud + 1) / 2 : 0,
      });
    }
  }
  return points;
}

const scenes = fc.record({ seed: fc.nat(1000), clouds: fc.integer({ min: 1, max: 12 }) });

/** Checks that the molecules of every cell hang together over passable edges. */
function expectConnected(tile: AssignTile, result: ToyResult, model: BaysorModel): void {
  const molecules = moleculesOf(tile, settings);
  const graph = moleculeGraph(molecules);
  const cellOf = Array.from(molecules.at, (at) => result.claims.cell[at]);
  const seen = new Set<number>();
  const started = new Set<number>();
  for (let i = 0; i < molecules.n; i++) {
    if (cellOf[i] === 0 || seen.has(i)) continue;
    expect(started.has(cellOf[i]), `cell ${cellOf[i]} in one part`).toBe(false);
    started.add(cellOf[i]);
    const queue = [i];
    seen.add(i);
    for (let at = queue.pop(); at !== undefined; at = queue.pop()) {
      for (let e = graph.start[at]; e < graph.start[at + 1]; e++) {
        const j = graph.neighbour[e];
        if (seen.has(j) || cellOf[j] !== cellOf[i] || graph.length[e] > model.edges.longestUm) continue;
        seen.add(j);
        queue.push(j);
      }
    }
  }
}

describe('baysor on any tile', () => {
  test('names every transcript once, keeps cells in one part and discovers none below m', async () => {
    await fc.assert(
      fc.asyncProperty(scenes, async ({ seed, clouds }) => {
        const points = scene(seed, clouds);
        const tile = tileOf(points, EDGE, GENES, seed);
        const model = await fitted(tile, settings);
        const result = await assigned(tile, settings, model);
        expect([...result.claims.row]).toEqual(points.map((_, i) => i));
        for (const p of result.claims.probability) expect(p >= 0 && p <= 1).toBe(true);
        expectConnected(tile, result, model);
        for (const n of result.discovered.transcripts) expect(n).toBeGreaterThanOrEqual(10);
      }),
      { numRuns: 20, seed: 1, endOnFailure: true },
    );
  });

  test('gives the same cells when genes are called otherwise', async () => {
    await fc.assert(
      fc.asyncProperty(scenes, async ({ seed, clouds }) => {
        const points = scene(seed, clouds);
        const order = new RandomStream(seed, 'test.baysor.names').shuffle([...Array(GENES).keys()]);
        const renamed = points.map((point) => ({ ...point, gene: order[point.gene] }));
        const one = await assigned(tileOf(points, EDGE, GENES, seed), settings);
        const two = await assigned(tileOf(renamed, EDGE, GENES, seed), settings);
        expect(two.claims).toEqual(one.claims);
        expect(two.discovered).toEqual(one.discovered);
      }),
      { numRuns: 10, seed: 2, endOnFailure: true },
    );
  });

  test('never mixes two segments when the prior is fully trusted', async () => {
    await fc.assert(
      fc.asyncProperty(scenes, async ({ seed, clouds }) => {
        const points = scene(seed, clouds);
        const trusting = { ...settings, priorConfidence: 1 };
        const { claims } = await assigned(tileOf(points, EDGE, GENES, seed), trusting);
        const sizes = new Map<number, number>();
        for (const { prior = 0 } of points) sizes.set(prior, (sizes.get(prior) ?? 0) + 1);
        const segments = new Map<number, Set<number>>();
        points.forEach(({ prior = 0 }, i) => {
          if (prior === 0 || claims.cell[i] === 0) return;
          segments.set(claims.cell[i], (segments.get(claims.cell[i]) ?? new Set()).add(prior));
        });
        for (const [cell, of] of segments) expect(of.size, `segments in cell ${cell}`).toBe(1);
      }),
      { numRuns: 15, seed: 3, endOnFailure: true },
    );
  });

  test('knows nothing of where the slide begins', async () => {
    const points = scene(4, 8);
    const here = tileOf(points, EDGE, GENES, 4);
    const shift = 1024;
    const there: AssignTile = {
      ...here,
      meta: {
        ...here.meta,
        core: { x0: shift, y0: shift, x1: shift + EDGE, y1: shift + EDGE },
        region: { x0: shift, y0: shift, x1: shift + EDGE, y1: shift + EDGE },
        gridOriginUm: [shift, shift],
      },
      transcripts: {
        ...here.transcripts,
        // Coordinates that lose no bit on the way.
        x: here.transcripts.x.map((x) => Math.round(x * 64) / 64 + shift),
        y: here.transcripts.y.map((y) => Math.round(y * 64) / 64 + shift),
      },
    };
    const back: AssignTile = {
      ...here,
      transcripts: {
        ...here.transcripts,
        x: there.transcripts.x.map((x) => x - shift),
        y: there.transcripts.y.map((y) => y - shift),
      },
    };
    expect((await assigned(there, settings)).claims).toEqual((await assigned(back, settings)).claims);
  });
});
