import { networkMemory, workerMemory } from '@spatile/coordinator/segment/memory';
import { planSegment } from '@spatile/coordinator/segment/round';
import type { SegmentSetup } from '@spatile/coordinator/segment/setup';
import type { ModelManifest } from '@spatile/formats/model/manifest';
import { expect, test } from 'vitest';
import { config } from '../../pipeline/slide.ts';

const MIB = 2 ** 20;

const setup = (networks: SegmentSetup['networks'], blockBytes = 1024 ** 2): SegmentSetup =>
  ({
    image: { name: 'dapi', levels: [{ widthPx: 40000, heightPx: 30000, factor: 1, blockBytes }] },
    grid: { level: 0, reduce: 2, pixelSizeUm: 0.4, widthPx: 20000, heightPx: 15000, toUm: [] },
    channels: [0],
    haloUm: 40,
    networks,
  }) as unknown as SegmentSetup;
const edgeOf = (made: SegmentSetup, memoryPerWorker: number): number => {
  const { tiles } = planSegment(made, null, config({ plan: { memoryPerWorker } }));
  return Math.max(...tiles.map(({ region }) => (region.x1 - region.x0) * (region.y1 - region.y0))) ** 0.5;
};

const manifest = (method: string, decode: object, runBytesPerPixel: number | null = null) =>
  ({ method, decode, runBytesPerPixel }) as unknown as ModelManifest;

test('a tile and what a worker needs beside it fit the memory of a worker', () => {
  for (const memory of [1024 * MIB, 2048 * MIB]) {
    for (const made of [
      setup([]),
      setup([networkMemory(manifest('stardist', {}), 5 * MIB)]),
      setup([networkMemory(manifest('cellpose', { patchPx: 224 }), 26 * MIB)]),
    ]) {
      const { fixedBytes, bytesPerPixel } = workerMemory(made);
      expect(fixedBytes + bytesPerPixel * edgeOf(made, memory) ** 2).toBeLessThan(memory);
    }
  }
});

test('weights, runs of a patch and blocks of the image count', () => {
  const plain = workerMemory(setup([])).fixedBytes;
  const patches = networkMemory(manifest('cellpose', { patchPx: 200 }, 1000), 100 * MIB);
  expect(workerMemory(setup([patches])).fixedBytes - plain).toBe(200 * MIB + 1000 * 200 ** 2);
  expect(workerMemory(setup([], 11 * MIB)).fixedBytes - plain).toBe(3 * 10 * MIB);
  expect(workerMemory(setup([networkMemory(manifest('unet', {}, 700), 0)])).bytesPerPixel).toBeGreaterThan(
    700,
  );
  expect(edgeOf(setup([], 150 * MIB), 1024 * MIB)).toBeLessThan(edgeOf(setup([]), 1024 * MIB));
});

test('a network that no tile fits beside is an error that says what it takes', () => {
  const large = setup([networkMemory(manifest('cellsam', { patchPx: 400 }), 800 * MIB)]);
  expect(() => planSegment(large, null, config({ plan: { memoryPerWorker: 2048 * MIB } }))).toThrow(
    /fits a worker of 2048 MiB \(program, networks and blocks of the image take \d{4} MiB\); expected/,
  );
});
