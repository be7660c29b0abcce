import { RandomStream } from '@spatile/random/stream';
import { NeighbourAdam } from '@spatile/worker/correct/resolvi/neighbour-adam';
import { expect, test } from 'vitest';

const state = (size: number) => ({
  logit: new Float32Array(size),
  first: new Float32Array(size),
  second: new Float32Array(size),
});

test('rows that are seen now and then move as by Adam on all rows at every step', () => {
  const [rows, width, rate, steps] = [6, 2, 0.01, 400];
  const lazy = state(rows * width);
  const adam = new NeighbourAdam(lazy, width, rate, 0);
  const [p, m, v] = [0, 1, 2].map(() => new Float64Array(rows * width));
  const stream = new RandomStream(1, 'test');
  const [b1, b2] = [0.9, 0.999];
  for (let step = 1; step <= steps; step++) {
    const row = stream.integer(rows);
    const gradient = Float32Array.from({ length: width }, () => 40 * stream.normal());
    adam.read(row, step, new Float32Array(width), 0);
    adam.move(row, step, gradient, 0);
    for (let i = 0; i < rows * width; i++) {
      const g = Math.floor(i / width) === row ? gradient[i % width] : 0;
      m[i] = b1 * m[i] + (1 - b1) * g;
      v[i] = b2 * v[i] + (1 - b2) * g * g;
      p[i] -= ((rate / (1 - b1 ** step)) * m[i]) / (Math.sqrt(v[i]) / Math.sqrt(1 - b2 ** step) + 1e-4);
    }
  }
  adam.finish(steps);
  lazy.logit.forEach((value, i) => {
    expect(value).toBeCloseTo(p[i], 4);
  });
  expect(Math.max(...p.map(Math.abs))).toBeGreaterThan(0.1);
});

test('a row that waits long forgets its first moment and keeps its place', () => {
  const one = state(1);
  const adam = new NeighbourAdam(one, 1, 0.01, 0);
  adam.read(0, 1, new Float32Array(1), 0);
  adam.move(0, 1, Float32Array.of(5), 0);
  adam.catchUp(0, 200);
  const place = one.logit[0];
  adam.catchUp(0, 10_000);
  expect(one.logit[0]).toBe(place);
  expect(one.first[0]).toBe(0);
});
