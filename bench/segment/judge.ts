import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { configSchema } from '@spatile/formats/config/schema';
import { outputsOf } from '@spatile/formats/model/fits';
import type { StardistManifest } from '@spatile/formats/model/manifest';
import { readManifest } from '@spatile/formats/model/read';
import {
  type ImageCounts,
  judgeInstances,
  meanAccuracy,
  poolCounts,
  ratesOf,
} from '@spatile/instrument/instances/scores';
import { inputCutter } from '@spatile/worker/network/input';
import { openNetwork } from '@spatile/worker/network/session';
import { strips } from '@spatile/worker/network/strips';
import type { Planes } from '@spatile/worker/segment/method';
import { polygonise } from '@spatile/worker/segment/polygons/polygonise';
import { stardist } from '@spatile/worker/segment/stardist/stardist';
import { watershed } from '@spatile/worker/segment/watershed/watershed';
import { modelOf, percentilesOf, realScenes, type Scene, simulatedScene } from './scenes.ts';

/**
 * Segments scenes by one method and writes how good and how fast that was, as JSON. Arguments: method (`watershed`,
 * `scikit-image`, or the folder of a network), repeats, file for the figures, then either `fluorescence` or `h&e` and the folder
 * of the labelled images, or a simulated bundle and its truth.
 */
export interface SegmentFigures {
  images: { name: string; counts: ImageCounts['counts']; aji: ImageCounts['aji'] }[];
  pooled: { threshold: number; ap: number; f1: number; pq: number }[];
  meanAp: number;
  meanAccuracy: number;
  /** Processor time of a repetition over all scenes, in seconds, and pixels of all scenes. */
  cpuSeconds: number[];
  pixels: number;
  /** Of a network, in the same rounds: processor time of the runtime alone on the same inputs; empty for other methods. */
  bareSeconds: number[];
  /** Most memory of the process until all was segmented, the images and their truth included. */
  peakBytes: number;
  /** Processor time of outlining what was found. */
  outlineSeconds: number;
}

interface Segmenter {
  segment: (scene: Scene) => Promise<Int32Array>;
  /** Seconds of the network alone. */
  bare: ((scene: Scene) => Promise<number>) | null;
}

const THRESHOLDS = [0.5, 0.6, 0.7, 0.8, 0.9];
const context = { progress: () => {}, count: () => {} };

const planesOf = ({ rows, columns, pixelSizeUm }: Scene, channels: Float32Array[]): Planes => ({
  ...{ rows, columns, row0: 0, column0: 0, pixelSizeUm, channels },
});

async function segmenterOf(method: string, scenes: readonly Scene[]): Promise<Segmenter> {
  if (method === 'watershed') {
    const settings = configSchema.parse({}).segment.watershed;
    return {
      segment: async (scene) =>
        (await watershed(planesOf(scene, [scene.image]), scene.model, settings, context)).labels,
      bare: null,
    };
  }
  if (method === 'scikit-image') return { segment: byScikitImage, bare: null };
  const manifest = (await readManifest(join(method, 'model.yaml'))) as StardistManifest;
  const settings = { manifest, folder: method, provider: 'cpu' as const };
  // Learnt once for a slide, so no part of a tile's time.
  const models = new Map(
    scenes.map((scene) => [
      scene,
      scene.channels.map((channel) => modelOf(channel, percentilesOf(manifest)).limits[0]),
    ]),
  );
  const modelFor = (scene: Scene) => ({ ...scene.model, limits: models.get(scene)! });
  return {
    segment: async (scene) =>
      (await stardist(planesOf(scene, scene.channels), modelFor(scene), settings, context)).labels,
    bare: async (scene) => {
      const network = await openNetwork(settings);
      const cutter = inputCutter(planesOf(scene, scene.channels), modelFor(scene), manifest);
      let seconds = 0;
      for (const { window } of strips(
        scene.rows,
        scene.columns,
        manifest.input.step,
        manifest.receptiveFieldPx,
      )) {
        const input = cutter.cut(window, 'mirror');
        const start = process.cpuUsage();
        await network.run(input, outputsOf(manifest));
        seconds += secondsSince(start);
      }
      return seconds;
    },
  };
}

function secondsSince(start: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1e6;
}

/** The usual pipeline of Python: Gaussian, local and Otsu threshold, distance, peaks, watershed. */
async function byScikitImage(scene: Scene): Promise<Int32Array> {
  const folder = mkdtempSync(join(tmpdir(), 'spatile-bench-scikit-'));
  try {
    const [input, output] = [join(folder, 'image.f32'), join(folder, 'labels.i32')];
    writeFileSync(input, new Uint8Array(scene.image.buffer, scene.image.byteOffset, scene.image.byteLength));
    const words = [scene.rows, scene.columns, scene.pixelSizeUm, input, output].map(String);
    const python = process.env.SPATILE_BENCH_PYTHON ?? 'python3';
    const { status } = spawnSync(python, ['bench/segment/scikit_image.py', ...words], { stdio: 'inherit' });
    if (status !== 0) throw new Error(`scikit-image: exit code ${status}`);
    const { seconds } = JSON.parse(readFileSync(`${output}.json`, 'utf8'));
    pythonSeconds += seconds;
    const bytes = readFileSync(output);
    return new Int32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
  } finally {
    rmSync(folder, { recursive: true });
  }
}
let pythonSeconds = 0;

const [method, repeats, file, first, second] = process.argv.slice(2);
const scenes =
  first === 'fluorescence' || first === 'h&e'
    ? await realScenes(second, first)
    : [await simulatedScene('simulated', first, second)];
const { segment, bare } = await segmenterOf(method, scenes);
const cpuSeconds: number[] = [];
const bareSeconds: number[] = [];
let found: Int32Array[] = [];
// One round more than counted, to warm up.
for (let round = 0; round <= Number(repeats); round++) {
  found = [];
  pythonSeconds = 0;
  let alone = 0;
  for (const scene of bare === null ? [] : scenes) alone += await bare!(scene);
  const start = process.cpuUsage();
  for (const scene of scenes) found.push(await segment(scene));
  const seconds = secondsSince(start);
  if (round === 0) continue;
  cpuSeconds.push(method === 'scikit-image' ? pythonSeconds : seconds);
  if (bare !== null) bareSeconds.push(alone);
}
const peakBytes = process.resourceUsage().maxRSS * 1024;
const start = process.cpuUsage();
for (const [i, { rows, columns }] of scenes.entries()) {
  const most = found[i].reduce((a, b) => Math.max(a, b), 0);
  await polygonise({ rows, columns, labels: found[i], scores: new Float32Array(most) });
}
const outlineSeconds = process.cpuUsage(start).user / 1e6;
const images = scenes.map(({ name, labels }, i) => ({
  name,
  ...judgeInstances(labels, found[i], THRESHOLDS),
}));
const figures: SegmentFigures = {
  images,
  pooled: poolCounts(images).counts.map((counts) => {
    const { ap, f1, pq } = ratesOf(counts);
    return { threshold: counts.threshold, ap, f1, pq };
  }),
  meanAp: images.reduce((sum, { counts }) => sum + ratesOf(counts[0]).ap, 0) / images.length,
  meanAccuracy:
    scenes.reduce((sum, { labels }, i) => sum + meanAccuracy(judgeInstances(labels, found[i])), 0) /
    scenes.length,
  cpuSeconds,
  bareSeconds,
  peakBytes,
  pixels: scenes.reduce((sum, { rows, columns }) => sum + rows * columns, 0),
  outlineSeconds,
};
writeFileSync(file, JSON.stringify(figures));
