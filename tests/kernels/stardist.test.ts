import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bindStardist } from '../../worker/kernels/bind-stardist.ts';
import { type Stars, starOverlap, suppressStars } from '../../worker/kernels/reference/star-overlap.ts';

async function bound({ rays, place, dist }: Stars) {
  const kernel = await bindStardist({ rays, candidates: place.length / 2, rows: 256, columns: 256 });
  kernel.place.set(place);
  // Of equal probability the first ranks first.
  kernel.prob.fill(0.5);
  kernel.dist.set(dist);
  return kernel;
}

/** Stars with rays of `least` to 14 px: many are far from round. */
const starsOf = (most: number, side: number, least: number) =>
  fc
    .record({ rays: fc.constantFrom(8, 16, 32, 33), count: fc.integer({ min: 2, max: most }) })
    .chain(({ rays, count }) =>
      fc.record({
        rays: fc.constant(rays),
        place: fc.array(fc.integer({ min: 0, max: side }), { minLength: 2 * count, maxLength: 2 * count }),
        dist: fc
          .array(fc.double({ min: least, max: 14, noNaN: true }), {
            minLength: rays * count,
            maxLength: rays * count,
          })
          .map((values) => Float32Array.from(values)),
      }),
    );

/** One of four ellipses of half axes 6 and 12 as it is seen from a pixel inside, its rays off by up to `noise`. */
function viewOf(view: { nucleus: number; row: number; column: number; noise: number; prob: number }) {
  const [a, b] = [6, 12];
  const [centreRow, centreColumn] = [40 + 18 * (view.nucleus >> 1), 40 + 11 * (view.nucleus & 1)];
  const place = [
    Math.round(centreRow + view.row * b * Math.sqrt(1 - view.column ** 2)),
    Math.round(centreColumn + view.column * a),
  ];
  const [y, x] = [(place[0] - centreRow) / b, (place[1] - centreColumn) / a];
  const dist = Array.from({ length: 32 }, (_, k) => {
    const phi = (2 * Math.PI * k) / 32;
    const [dy, dx] = [Math.sin(phi) / b, Math.cos(phi) / a];
    const [p, q, r] = [dx * dx + dy * dy, x * dx + y * dy, x * x + y * y - 1];
    const length = (-q + Math.sqrt(Math.max(0, q * q - p * r))) / p;
    return Math.fround(Math.max(0.5, length) * (1 + view.noise * Math.sin(7.3 * k + 40 * view.prob)));
  });
  return { place, dist, prob: view.prob };
}

const disc = (rays: number, radius: number) => new Array(rays).fill(radius);

describe('areas of intersection', () => {
  test('equal those of triangles clipped one by one, for stars of any shape', async () => {
    await fc.assert(
      fc.asyncProperty(starsOf(2, 20, 0.001), async (stars) => {
        const kernel = await bound(stars);
        const expected = starOverlap(stars, 0, 1);
        kernel.suppress(1);
        // The kernel takes points within 1e-6 px of an edge as on it: along spikes of 14 px that is up to 1e-4 px^2.
        expect(Math.abs(kernel.overlap(0, 1) - expected)).toBeLessThan(1e-4 * (1 + expected));
      }),
      { numRuns: 300 },
    );
  });

  test('count a common boundary once', async () => {
    const dist = [...disc(32, 5), ...disc(32, 5)];
    const same = { rays: 32, place: [50, 50, 50, 50], dist };
    const whole = 16 * 25 * Math.sin(Math.PI / 16);
    expect((await bound(same)).overlap(0, 1)).toBeCloseTo(whole, 6);
    // Two squares of 8 rays that share a side and half of their area: corners on multiples of 45 degrees.
    const side = Math.fround(Math.SQRT2 * 4);
    const square = [4, side, 4, side, 4, side, 4, side];
    const squares = { rays: 8, place: [50, 50, 50, 54], dist: [...square, ...square] };
    expect((await bound(squares)).overlap(0, 1)).toBeCloseTo(32, 3);
    const touching = { rays: 8, place: [50, 50, 50, 58], dist: [...square, ...square] };
    expect((await bound(touching)).overlap(0, 1)).toBeCloseTo(0, 3);
  });

  test('a polygon whose centre lies on the outline of another', async () => {
    const stars = { rays: 32, place: [50, 50, 50, 60], dist: [...disc(32, 10), ...disc(32, 10)] };
    expect((await bound(stars)).overlap(0, 1)).toBeCloseTo(starOverlap(stars, 0, 1), 6);
  });
});

describe('suppression', () => {
  test('keeps what its slow twin keeps', async () => {
    await fc.assert(
      // Shares are compared, and of nothing there are none: a star has an area.
      fc.asyncProperty(starsOf(24, 60, 0.5), fc.constantFrom(0.1, 0.3, 0.5), async (stars, threshold) => {
        const kernel = await bound(stars);
        kernel.suppress(threshold);
        expect([...kernel.state]).toEqual([...suppressStars(stars, threshold)]);
      }),
      { numRuns: 25 },
    );
  });

  test('keeps what its slow twin keeps of views of the same ellipses from many places', async () => {
    const views = fc.array(
      fc.record({
        nucleus: fc.nat(3),
        row: fc.double({ min: -0.95, max: 0.95, noNaN: true }),
        column: fc.double({ min: -0.7, max: 0.7, noNaN: true }),
        noise: fc.double({ min: 0, max: 0.3, noNaN: true }),
        prob: fc.double({ min: 0, max: 1, noNaN: true }),
      }),
      { minLength: 2, maxLength: 30 },
    );
    await fc.assert(
      fc.asyncProperty(views, fc.constantFrom(0.1, 0.3, 0.5), async (seen, threshold) => {
        const stars = seen.map(viewOf).sort((a, b) => b.prob - a.prob);
        const all = {
          rays: 32,
          place: stars.flatMap(({ place }) => place),
          dist: stars.flatMap(({ dist }) => dist),
        };
        const kernel = await bound(all);
        kernel.suppress(threshold);
        expect([...kernel.state]).toEqual([...suppressStars(all, threshold)]);
      }),
      { numRuns: 40 },
    );
  });

  test('ranks by probability, then by number', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(fc.float({ min: 0, max: 1, noNaN: true }), fc.constantFrom(0, 0.5, 1)), {
          maxLength: 60,
        }),
        async (values) => {
          const prob = Float32Array.from(values);
          const kernel = await bindStardist({ rays: 8, candidates: prob.length, rows: 256, columns: 256 });
          kernel.prob.set(prob);
          kernel.place.forEach((_, k) => {
            kernel.place[k] = k;
          });
          kernel.dist.fill(1);
          kernel.suppress(1);
          const ranked = [...prob.keys()].sort((a, b) => prob[b] - prob[a] || a - b);
          expect([...kernel.order]).toEqual(ranked);
        },
      ),
      { numRuns: 60 },
    );
  });

  test.each([
    [0.3, 1.17],
    [0.4, 0.984],
    [0.5, 0.808],
  ])(
    'of two equal discs one goes above an overlap of %f when nearer than %f radii',
    async (threshold, apart) => {
      for (const [factor, kept] of [
        [0.98, 1],
        [1.02, 2],
      ]) {
        const gap = Math.round(100 * apart * factor);
        const stars = {
          rays: 32,
          place: [120, 20, 120, 20 + gap],
          dist: [...disc(32, 100), ...disc(32, 100)],
        };
        expect((await bound(stars)).suppress(threshold)).toBe(kept);
      }
    },
  );

  test('a small disc inside a large one goes, and in a chain the third stays', async () => {
    const nested = { rays: 32, place: [50, 50, 52, 52], dist: [...disc(32, 20), ...disc(32, 3)] };
    expect([...(await boundAfter(nested, 0.3)).state]).toEqual([1, 0]);
    const chain = {
      rays: 32,
      place: [50, 50, 50, 60, 50, 70],
      dist: [...disc(32, 10), ...disc(32, 10), ...disc(32, 10)],
    };
    expect([...(await boundAfter(chain, 0.3)).state]).toEqual([1, 0, 1]);
  });
});

async function boundAfter(stars: Stars, threshold: number) {
  const kernel = await bound(stars);
  kernel.suppress(threshold);
  return kernel;
}
