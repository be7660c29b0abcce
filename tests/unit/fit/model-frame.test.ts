import { buildModelFrame, densityCuts, fitDepth } from '@spatile/coordinator/assign/proseg/model-frame';
import { defaultConfig } from '@spatile/formats/config/schema';
import { RandomStream } from '@spatile/random/stream';
import { describe, expect, it } from 'vitest';

const config = defaultConfig().assign.proseg;

function tiltedSample(n: number) {
  const stream = new RandomStream(1, 'tilt');
  const x = Float64Array.from({ length: n }, () => 1000 + 5000 * stream.uniform());
  const y = Float64Array.from({ length: n }, () => 2000 + 3000 * stream.uniform());
  const z = Float64Array.from(
    { length: n },
    (_, i) => 12 + 0.002 * x[i] - 0.001 * y[i] + 10 * (stream.uniform() - 0.5),
  );
  return { x, y, z };
}

describe('model frame', () => {
  it('finds the tissue plane and clips one per cent on both sides', () => {
    const { plane, lowUm, highUm, xRefUm, yRefUm } = fitDepth(tiltedSample(200_000));
    expect(plane[1]).toBeCloseTo(0.002, 4);
    expect(plane[2]).toBeCloseTo(-0.001, 4);
    expect(plane[0]).toBeCloseTo(12 + 0.002 * xRefUm - 0.001 * yRefUm, 1);
    expect(lowUm).toBeCloseTo(-4.9, 1);
    expect(highUm).toBeCloseTo(4.9, 1);
  });

  it('has no slope where the points do not determine one', () => {
    const x = [1, 2, 3, 4];
    const line = fitDepth({ x, y: x.map((v) => 2 * v), z: [1, 2, 3, 4] });
    expect(line.plane).toEqual([2.5, 0, 0]);
    expect(fitDepth({ x: [5], y: [5], z: [3] })).toMatchObject({ plane: [3, 0, 0], lowUm: 0, highUm: 0 });
  });

  it('has one layer without z, with z that does not vary, and with no point', () => {
    const flat = { x: [1, 2, 3], y: [1, 3, 2], z: [4, 4, 4] };
    expect(buildModelFrame({ genes: 10, hasZ: true, zSample: flat }, config).layers).toBe(1);
    expect(buildModelFrame({ genes: 10, hasZ: false, zSample: tiltedSample(100) }, config).layers).toBe(1);
    expect(buildModelFrame({ genes: 10, hasZ: true, zSample: { x: [], y: [], z: [] } }, config).layers).toBe(
      1,
    );
    expect(buildModelFrame({ genes: 10, hasZ: true, zSample: tiltedSample(1000) }, config).layers).toBe(4);
  });

  it('factorises only what is beyond the private genes', () => {
    const scan = { hasZ: false, zSample: { x: [], y: [], z: [] } };
    expect(buildModelFrame({ ...scan, genes: 300 }, config)).toMatchObject({ privateGenes: 300, factors: 0 });
    expect(buildModelFrame({ ...scan, genes: 5000 }, config)).toMatchObject({
      privateGenes: 300,
      factors: 100,
    });
  });

  it('cuts densities at their quantiles, exactly', () => {
    const histogram = new Uint32Array(4096);
    for (let i = 0; i < 100; i++) histogram[i] = 10;
    expect(densityCuts(histogram, 5)).toEqual([20, 40, 60, 80].map((bin) => bin / 64));
    expect(densityCuts(histogram, 1)).toEqual([]);
    const spike = new Uint32Array(4096);
    spike[7] = 100;
    expect(densityCuts(spike, 3)).toEqual([8 / 64, 8 / 64]);
  });
});
