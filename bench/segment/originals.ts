import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { outputsOf } from '@spatile/formats/model/fits';
import type { StardistManifest } from '@spatile/formats/model/manifest';
import { readManifest } from '@spatile/formats/model/read';
import { judgeInstances, ratesOf } from '@spatile/instrument/instances/scores';
import { inputCutter } from '@spatile/worker/network/input';
import { type Dense, openNetwork } from '@spatile/worker/network/session';
import { strips } from '@spatile/worker/network/strips';
import { instancesFromFlows } from '@spatile/worker/segment/cellpose/masks';
import { squaredDistance } from '@spatile/worker/segment/distance/distance';
import { CandidateCollector } from '@spatile/worker/segment/stardist/candidates';
import { instancesOf } from '@spatile/worker/segment/stardist/stardist';
import { openPixels } from '../../worker/kernels/bind-pixels.ts';
import { simulatedScene } from './scenes.ts';

/**
 * One step of the segmentation and of the Python program that it stands for, on the same arrays of one simulated slide. Arguments:
 * part, repeats, file for the figures, folder of the network, bundle, truth.
 */
export interface OriginalFigures {
  pixels: number;
  /** Processor time of each repetition, in seconds. */
  ours: number[];
  theirs: number[];
  /** Of labels: AP of ours against theirs at an IoU of 0.5 and 0.9; of maps: the largest difference. */
  ap50?: number;
  ap90?: number;
  difference?: number;
}

type Arrays = Record<string, ArrayBufferView>;
interface Part {
  arrays: Arrays;
  /** For the other side, beside rows and columns. */
  facts?: object;
  run: () => Promise<ArrayLike<number>>;
  /** What ours has to be turned into before it is compared as a map; labels without it. */
  asMap?: (value: number) => number;
}

const [part, repeats, file, network, bundle, truth] = process.argv.slice(2);
const scene = await simulatedScene('simulated', bundle, truth);
const { rows, columns, pixelSizeUm } = scene;
const folder = `${file}.arrays`;

async function mapsOfNetwork() {
  const manifest = (await readManifest(join(network, 'model.yaml'))) as StardistManifest;
  const opened = await openNetwork({ manifest, folder: network, provider: 'cpu' });
  const planes = { rows, columns, row0: 0, column0: 0, pixelSizeUm, channels: scene.channels };
  const [strip, more] = strips(rows, columns, manifest.input.step, manifest.receptiveFieldPx);
  if (more !== undefined) throw new Error('the slide is too large for one run of the network');
  const input = inputCutter(planes, scene.model, manifest).cut(strip.window, 'mirror');
  const run = () => opened.run(input, outputsOf(manifest));
  return { manifest, strip, input, run };
}

async function networkPart(): Promise<Part> {
  const { input, run } = await mapsOfNetwork();
  return {
    arrays: { 'input.f32': input.data },
    facts: { input: input.shape, model: join(network, 'model.onnx') },
    run: async () => (await run()).prob.data,
    asMap: (value) => value,
  };
}

async function stardistPart(): Promise<Part> {
  const { manifest: published, strip, run } = await mapsOfNetwork();
  // The original drops nothing that is small.
  const manifest = { ...published, size: { ...published.size, minAreaUm2: 0 } };
  const maps: Record<string, Dense> = await run();
  const { grid, probability, overlap } = manifest.decode;
  const cells = [strip.window.rows / grid, strip.window.columns / grid];
  const longestPx = (0.6 * manifest.size.maxUm) / pixelSizeUm;
  return {
    arrays: { 'prob.f32': maps.prob.data, 'dist.f32': maps.dist.data },
    facts: { grid, probability, overlap, cells },
    run: async () => {
      const collector = new CandidateCollector(manifest, columns, longestPx);
      collector.take(maps, strip);
      return (await instancesOf(collector.candidates(), manifest, rows, columns, pixelSizeUm)).labels;
    },
  };
}

async function cellposePart(): Promise<Part> {
  const decode = { steps: 200, logit: 0, flowError: 0.4 } as Parameters<typeof instancesFromFlows>[3];
  let maps: Float32Array | null = null;
  const map = (k: number): Float32Array => {
    maps ??= floats(readFileSync(join(folder, 'maps.f32')));
    return maps.subarray(k * rows * columns, (k + 1) * rows * columns);
  };
  return {
    arrays: { 'truth.i32': scene.labels },
    run: async () => {
      const flows = { flowRow: map(0), flowColumn: map(1), logit: map(2) };
      return (await instancesFromFlows(flows, rows, columns, decode, 15, 1e6)).labels;
    },
  };
}

async function distancePart(): Promise<Part> {
  const mask = Uint8Array.from(scene.labels, (label) => Math.min(1, label));
  return { arrays: { 'mask.u8': mask }, run: () => squaredDistance(mask, rows, columns), asMap: Math.sqrt };
}

/** The distance to the background, flooded from its peaks. */
async function floodingPart(): Promise<Part> {
  const mask = Uint8Array.from(scene.labels, (label) => Math.min(1, label));
  const squared = await squaredDistance(mask, rows, columns);
  const keys = Uint16Array.from(squared, (square) => Math.round(256 * Math.sqrt(square)));
  const memory = await openPixels();
  const pixels = rows * columns;
  const reach = 24;
  const places = () =>
    memory.reserve({
      ...{ keys: 2 * pixels, labels: 4 * pixels, next: 4 * pixels, seeds: 4 * pixels, ranks: 4 * pixels },
      ...{ queues: 8 * 65536, list: 4 * (2 * reach + 1) ** 2 },
    });
  const at = places();
  memory.shorts(at.keys, pixels).set(keys);
  memory.integers(at.labels, pixels).fill(0);
  const { kernel } = memory;
  const peaks = kernel.localMaxima(at.keys, rows, columns, at.seeds);
  const n = kernel.prominent(at.keys, rows, columns, at.seeds, peaks, 256, reach, 4, at.labels, at.list);
  const seeds = memory.integers(at.seeds, n).slice();
  return {
    arrays: { 'keys.u16': keys, 'seeds.i32': seeds },
    run: async () => {
      const at = places();
      memory.shorts(at.keys, pixels).set(keys);
      memory.integers(at.seeds, n).set(seeds);
      memory.integers(at.labels, pixels).fill(0);
      kernel.flood(at.keys, rows, columns, at.seeds, n, 2 ** 30, at.labels, at.next, at.queues, at.ranks);
      return memory.integers(at.labels, pixels).slice();
    },
  };
}

function floats(bytes: Buffer): Float32Array {
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
}

function runOriginal({ arrays, facts }: Part): number[] {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'shape.json'), JSON.stringify({ rows, columns, ...facts }));
  for (const [name, { buffer, byteOffset, byteLength }] of Object.entries(arrays))
    writeFileSync(join(folder, name), new Uint8Array(buffer, byteOffset, byteLength));
  const python = process.env.SPATILE_BENCH_PYTHON ?? 'python3';
  const { status } = spawnSync(python, ['bench/segment/originals.py', part, repeats, folder], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, OMP_NUM_THREADS: '1' },
  });
  if (status !== 0) throw new Error(`${part}: the original ended with exit code ${status}`);
  return JSON.parse(readFileSync(join(folder, 'seconds.json'), 'utf8'));
}

const PARTS = {
  network: networkPart,
  stardist: stardistPart,
  cellpose: cellposePart,
  distance: distancePart,
  flooding: floodingPart,
};
const chosen = await PARTS[part as keyof typeof PARTS]();
const theirs = runOriginal(chosen);
const ours: number[] = [];
let found: ArrayLike<number> = [];
// One round more than counted, to warm up.
for (let round = 0; round <= Number(repeats); round++) {
  const start = process.cpuUsage();
  found = await chosen.run();
  const { user, system } = process.cpuUsage(start);
  if (round > 0) ours.push((user + system) / 1e6);
}
const other = readFileSync(join(folder, 'found'));
rmSync(folder, { recursive: true });
writeFileSync(
  file,
  JSON.stringify({ pixels: rows * columns, ours, theirs, ...comparison() } satisfies OriginalFigures),
);

function comparison(): Partial<OriginalFigures> {
  if (chosen.asMap === undefined) {
    const labels = new Int32Array(floats(other).buffer);
    const [half, most] = judgeInstances(labels, found, [0.5, 0.9]).counts;
    return { ap50: ratesOf(half).ap, ap90: ratesOf(most).ap };
  }
  const map = floats(other);
  let difference = 0;
  for (let i = 0; i < map.length; i++)
    difference = Math.max(difference, Math.abs(map[i] - chosen.asMap(found[i])));
  return { difference };
}
