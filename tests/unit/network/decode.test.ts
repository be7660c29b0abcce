import { judgeInstances } from '@spatile/instrument/instances/scores';
import { fillHoles } from '@spatile/worker/segment/cellpose/holes';
import { instancesFromFlows } from '@spatile/worker/segment/cellpose/masks';
import { instancesOfMasks } from '@spatile/worker/segment/cellsam/masks';
import { PatchMosaic } from '@spatile/worker/segment/cellsam/mosaic';
import { CandidateCollector } from '@spatile/worker/segment/stardist/candidates';
import { instancesOf } from '@spatile/worker/segment/stardist/stardist';
import { tidy } from '@spatile/worker/segment/tidy';
import { describe, expect, test } from 'vitest';
import { bytesOf, fixtures, floatsOf, manifestOf } from './fixture.ts';

const SIDE = 160;
const shareFound = (truth: ArrayLike<number>, found: ArrayLike<number>, iou: number) => {
  const [{ tp, fp, fn }] = judgeInstances(truth, found, [iou]).counts;
  return tp / (tp + fp + fn);
};

describe('StarDist', () => {
  const half = SIDE / 2;

  async function fromMaps(change: (prob: Float32Array) => void = () => {}) {
    const manifest = structuredClone(await manifestOf(`${fixtures}/star`, 'stardist'));
    Object.assign(manifest.decode, { rays: 32, probability: 0.4, overlap: 0.4 });
    manifest.size.minAreaUm2 = 0;
    const prob = Float32Array.from(new Uint16Array(bytesOf('star-maps/prob.gz')), (p) => p / 65535);
    change(prob);
    const dist = Float32Array.from(new Uint16Array(bytesOf('star-maps/dist.gz')), (d) => d / 32);
    const collector = new CandidateCollector(manifest, SIDE, 1000);
    const window = { row: 0, column: 0, rows: SIDE, columns: SIDE };
    collector.take(
      { prob: { data: prob, shape: [1, 1, half, half] }, dist: { data: dist, shape: [1, 32, half, half] } },
      { firstRow: 0, endRow: SIDE, window },
    );
    return instancesOf(collector.candidates(), manifest, SIDE, SIDE, 0.4);
  }

  test('makes of maps what the original program makes of them', async () => {
    const upstream = new Uint16Array(bytesOf('star-maps/labels.gz'));
    const found = await fromMaps();
    expect(found.scores.length).toBeGreaterThan(20);
    expect(shareFound(upstream, found.labels, 0.8)).toBeGreaterThan(0.99);
  });

  test('gives each label a score, rising ones first to the front', async () => {
    const { labels, scores } = await fromMaps();
    expect(Math.max(...labels)).toBe(scores.length);
    for (let i = 1; i < scores.length; i++) expect(scores[i]).toBeLessThanOrEqual(scores[i - 1]);
  });

  test('finds nothing where nothing is probable, and survives maps that are no numbers', async () => {
    expect((await fromMaps((prob) => prob.fill(0))).scores).toHaveLength(0);
    expect((await fromMaps((prob) => prob.fill(Number.NaN))).scores).toHaveLength(0);
  });

  test('refuses maps of another shape', async () => {
    const manifest = await manifestOf(`${fixtures}/star`, 'stardist');
    const collector = new CandidateCollector(manifest, 16, 100);
    const window = { row: 0, column: 0, rows: 16, columns: 16 };
    const maps = {
      prob: { data: new Float32Array(64), shape: [1, 1, 8, 8] },
      dist: { data: new Float32Array(64 * 8), shape: [1, 8, 8, 8] },
    };
    expect(() => collector.take(maps, { firstRow: 0, endRow: 16, window })).toThrow(
      /output dist has another shape/,
    );
  });
});

describe('Cellpose', () => {
  async function fromMaps(flowError: number) {
    const { decode } = await manifestOf(`${fixtures}/flows`, 'cellpose');
    const raw = new Int16Array(bytesOf('flow-maps/maps.gz'));
    const map = (c: number) =>
      Float32Array.from(raw.subarray(c * SIDE * SIDE, (c + 1) * SIDE * SIDE), (v) => v / 4096);
    const maps = { flowRow: map(0), flowColumn: map(1), logit: map(2) };
    return instancesFromFlows(maps, SIDE, SIDE, { ...decode, flowError }, 15, 1e6);
  }

  test('makes of maps what the original program makes of them', async () => {
    const upstream = new Uint16Array(bytesOf('flow-maps/labels.gz'));
    const found = await fromMaps(0.4);
    expect(found.scores.length).toBeGreaterThan(20);
    expect(shareFound(upstream, found.labels, 0.9)).toBeGreaterThan(0.99);
  });

  test('drops masks whose flows are not those of the network', async () => {
    const all = await fromMaps(0);
    expect((await fromMaps(0.001)).scores).toHaveLength(0);
    expect(all.scores.length).toBeGreaterThanOrEqual((await fromMaps(0.4)).scores.length);
  });

  test.each([
    [10, 0],
    [11, 1],
  ])('%i pixels that end in one place make %i masks', async (pixels, masks) => {
    const side = 20;
    const { decode } = await manifestOf(`${fixtures}/flows`, 'cellpose');
    const logit = new Float32Array(side * side).fill(-1);
    const [flowRow, flowColumn] = [new Float32Array(side * side), new Float32Array(side * side)];
    // A row of pixels that all step to the left end at its first pixel.
    for (let x = 4; x < 4 + pixels; x++) {
      logit[10 * side + x] = 1;
      if (x > 4) flowColumn[10 * side + x] = -5;
    }
    const found = await instancesFromFlows(
      { flowRow, flowColumn, logit },
      side,
      side,
      { ...decode, flowError: 0 },
      1,
      1e6,
    );
    expect(found.scores).toHaveLength(masks);
  });
});

describe('CellSAM', () => {
  const masks = () => {
    const logits = new Int8Array(bytesOf('cellsam-masks/logits.gz'));
    return [...floatsOf('cellsam-masks/overlaps.gz')].map((overlap, i) => ({
      logits: Float32Array.from(logits.subarray(i * SIDE * SIDE, (i + 1) * SIDE * SIDE), (l) => l / 16),
      overlap,
      score: 0.9,
    }));
  };
  const decode = { overlap: 0.5, probability: 0.4 };

  test('makes of masks what the original program makes of them', async () => {
    const upstream = new Uint16Array(bytesOf('cellsam-masks/labels.gz'));
    const found = await instancesOfMasks(masks(), SIDE, decode, 25);
    expect(found.scores.length).toBeGreaterThan(20);
    expect(shareFound(upstream, found.labels, 0.9)).toBeGreaterThan(0.99);
  });

  test('leaves out masks of little expected overlap, and of one that is no number', async () => {
    const unsure = masks().map((mask, i) => ({ ...mask, overlap: i % 2 === 0 ? 0.49 : Number.NaN }));
    expect((await instancesOfMasks(unsure, SIDE, decode, 25)).scores).toHaveLength(0);
  });

  test('an instance that two patches see counts once', async () => {
    const disc = (centre: number) => ({
      ...{ rows: 40, columns: 40, scores: Float32Array.of(0.8) },
      labels: Int32Array.from({ length: 1600 }, (_, i) =>
        ((i % 40) - centre) ** 2 + (Math.floor(i / 40) - 20) ** 2 < 25 ? 1 : 0,
      ),
    });
    const mosaic = new PatchMosaic(40, 70, 40, 10);
    mosaic.add(disc(33), 0, 0);
    mosaic.add(disc(3), 0, 30);
    const { labels, scores } = await mosaic.instances(1);
    expect([...scores].map((score) => score.toFixed(1))).toEqual(['0.8']);
    expect(labels[20 * 70 + 33]).toBe(1);
  });
});

describe('tidying', () => {
  test('keeps the largest piece of a label, drops small ones and numbers the rest', async () => {
    const labels = Int32Array.from([1, 1, 0, 2, 0, 0, 0, 2, 0, 1, 0, 2, 3, 0, 0, 0]);
    const { labels: left, scores } = await tidy(labels, 4, 4, [0.9, 0.8, 0.7], 2);
    expect([...left]).toEqual([1, 1, 0, 2, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 0]);
    expect([...scores].map((s) => s.toFixed(1))).toEqual(['0.9', '0.8']);
  });

  test('fills what one instance encloses, and nothing between two', () => {
    const labels = Int32Array.from([1, 1, 1, 2, 1, 0, 1, 0, 1, 1, 1, 2, 0, 0, 0, 2]);
    fillHoles({ rows: 4, columns: 4, labels, scores: new Float32Array(2) });
    expect([...labels]).toEqual([1, 1, 1, 2, 1, 1, 1, 0, 1, 1, 1, 2, 0, 0, 0, 2]);
  });
});
