import { EmissionKernel } from '@spatile/instrument/simulate/emission-kernel';
import { floorAt, SECTION_UM } from '@spatile/instrument/simulate/layers';
import { type Preset, resolveSettings } from '@spatile/instrument/simulate/options';
import { MAX_REACH_UM } from '@spatile/instrument/simulate/shapes';
import { isInRing, isInside } from '@spatile/instrument/simulate/star-ring';
import { type Cell, Tissue } from '@spatile/instrument/simulate/tissue';
import { drawTranscriptome } from '@spatile/instrument/simulate/transcriptome';
import { RandomStream } from '@spatile/random/stream';
import { describe, expect, it } from 'vitest';
import { elongationOf, isSimple, quantile, solidityOf } from './polygon-shape.ts';

function cellsOf(preset: Preset): Cell[] {
  const tissue = new Tissue(resolveSettings({ out: '', sizeUm: 400, seed: 11, preset }));
  return tissue.near({ x0: 0, y0: 0, x1: 400, y1: 400 });
}

/** What draws births, begun with a stream's words. */
function births(stream: RandomStream): EmissionKernel {
  const settings = resolveSettings({ out: '', genes: 16 });
  const kernel = new EmissionKernel(drawTranscriptome(settings, null), settings.sizeUm);
  kernel.seed(stream);
  return kernel;
}

const presets = ['default', 'easy', 'crowded', 'elongated', 'sparse'] as const;
const cells = Object.fromEntries(presets.map((preset) => [preset, cellsOf(preset)])) as Record<
  (typeof presets)[number],
  Cell[]
>;
const aspects = (of: Cell[]) => of.map(({ body }) => elongationOf(body.vertices).aspect);
const solidities = (of: Cell[]) => of.map(({ body }) => solidityOf(body.vertices));

describe.each(presets)('%s', (preset) => {
  it('has outlines that are simple, within reach and not slivers', () => {
    for (const { body, nuclei } of cells[preset]) {
      expect(isSimple(body.vertices)).toBe(true);
      expect(nuclei.every(({ vertices }) => isSimple(vertices))).toBe(true);
      expect(body.reachUm).toBeLessThanOrEqual(MAX_REACH_UM);
      expect(body.innerUm).toBeGreaterThan(0);
      expect(body.area).toBeGreaterThan(3);
    }
  });
});

describe('shapes', () => {
  it('are round and convex in easy tissue, not in the default one', () => {
    expect(quantile(aspects(cells.easy), 0.5)).toBeLessThan(1.2);
    expect(quantile(solidities(cells.easy), 0.05)).toBeGreaterThan(0.97);
    expect(quantile(aspects(cells.default), 0.9)).toBeGreaterThan(2);
    // Real cells of segmented tissue: most above 0.9, a tenth clearly dented or bent.
    expect(quantile(solidities(cells.default), 0.5)).toBeGreaterThan(0.9);
    expect(quantile(solidities(cells.default), 0.5)).toBeLessThan(0.97);
    expect(quantile(solidities(cells.default), 0.1)).toBeLessThan(0.88);
  });

  it('are three times as long as wide in elongated tissue, bent, and run as their neighbours do', () => {
    expect(quantile(aspects(cells.elongated), 0.5)).toBeGreaterThan(3);
    expect(quantile(aspects(cells.elongated), 0.1)).toBeGreaterThan(2);
    expect(quantile(solidities(cells.elongated), 0.25)).toBeLessThan(0.9);
    const angles = cells.elongated.map(({ body }) => elongationOf(body.vertices).angle);
    const turn = (a: number, b: number) => Math.abs(Math.asin(Math.sin(a - b)));
    const near: number[] = [];
    const far: number[] = [];
    cells.elongated.forEach(({ body: a }, i) => {
      cells.elongated.slice(0, i).forEach(({ body: b }, j) => {
        const distance = Math.hypot(a.centreX - b.centreX, a.centreY - b.centreY);
        if (distance < 20) near.push(turn(angles[i], angles[j]));
        else if (distance > 250) far.push(turn(angles[i], angles[j]));
      });
    });
    expect(quantile(near, 0.5)).toBeLessThan(0.35);
    expect(quantile(far, 0.5)).toBeGreaterThan(1.3 * quantile(near, 0.5));
  });

  it('crowd where they should', () => {
    const areaOf = (of: Cell[]) => of.reduce((sum, { body }) => sum + body.area, 0) / 384 ** 2;
    expect(cells.crowded.length).toBeGreaterThan(2 * cells.default.length);
    // Two layers: more cell than ground.
    expect(areaOf(cells.crowded)).toBeGreaterThan(1.1);
    expect(areaOf(cells.easy)).toBeLessThan(0.6);
    expect(cells.easy.every(({ layer, nuclei }) => layer === 0 && nuclei.length === 1)).toBe(true);
  });

  it('have their nucleus off the middle', () => {
    const offsets = cells.default
      .filter(({ nuclei }) => nuclei.length === 1)
      .map(({ body, nuclei: [nucleus] }) => {
        const distance = Math.hypot(nucleus.centreX - body.centreX, nucleus.centreY - body.centreY);
        return distance / Math.sqrt(body.area / Math.PI);
      });
    expect(quantile(offsets, 0.5)).toBeGreaterThan(0.15);
    expect(quantile(offsets, 0.9)).toBeGreaterThan(0.4);
    expect(quantile(offsets, 1)).toBeLessThan(1.2);
  });
});

describe('overlaps in z', () => {
  it('know each other', () => {
    for (const { layer, covers } of cells.crowded) {
      for (const { isAbove, body } of covers) {
        expect(isAbove).toBe(layer === 0);
        expect(cells.crowded.some((other) => other.body === body && other.layer !== layer)).toBe(true);
      }
    }
    const covered = cells.crowded.filter(({ layer, covers }) => layer === 0 && covers.length > 0).length;
    const lower = cells.crowded.filter(({ layer }) => layer === 0).length;
    expect(covered / lower).toBeGreaterThan(0.5);
  });

  it('share the height where cells lie over each other: births are uniform in the volume', () => {
    const stream = new RandomStream(1, 'births');
    const kernel = births(stream);
    const place = new Float64Array(3);
    const expected = [0, 0];
    const seen = [0, 0];
    for (const cell of cells.crowded.filter(({ covers }) => covers.length > 0).slice(0, 200)) {
      // Volume over covered and over free ground, by probing the footprint.
      const volume = [0, 0];
      const { centreX, centreY, reachUm, vertices } = cell.body;
      for (let i = 0; i < 400; i++) {
        const x = centreX + reachUm * (2 * stream.uniform() - 1);
        const y = centreY + reachUm * (2 * stream.uniform() - 1);
        if (!isInside(vertices, x, y)) continue;
        const cover = cell.covers.find(({ body }) => isInRing(body, x, y));
        if (!cover) volume[0] += SECTION_UM;
        else if (cover.isAbove) volume[1] += floorAt(cover.floor, x, y);
        else volume[1] += SECTION_UM - floorAt(cover.floor, x, y);
      }
      kernel.turnTo(cell);
      for (let i = 0; i < 100; i++) {
        kernel.birthPlace(Number.NaN, place);
        const [x, y, z] = place;
        expect(isInside(vertices, x, y)).toBe(true);
        expect(z >= 0 && z < SECTION_UM).toBe(true);
        const covers = cell.covers.filter(({ body }) => isInRing(body, x, y));
        for (const { isAbove, floor } of covers) expect(z < floorAt(floor, x, y)).toBe(isAbove);
        seen[covers.length > 0 ? 1 : 0]++;
      }
      const total = volume[0] + volume[1];
      expected[0] += (100 * volume[0]) / total;
      expected[1] += (100 * volume[1]) / total;
    }
    expect(seen[1]).toBeGreaterThan(1000);
    expect(seen[1] / expected[1]).toBeGreaterThan(0.95);
    expect(seen[1] / expected[1]).toBeLessThan(1.05);
  });

  it('keep nuclear transcripts in a nucleus and the others out, as often as asked', () => {
    const kernel = births(new RandomStream(2, 'births'));
    const place = new Float64Array(3);
    const [born, inside] = [
      [0, 0],
      [0, 0],
    ];
    for (const cell of cells.default.filter(({ nuclei }) => nuclei.length > 0).slice(0, 200)) {
      kernel.turnTo(cell);
      [0.7, 0].forEach((share, i) => {
        for (let n = 0; n < 50; n++) {
          kernel.birthPlace(share, place);
          born[i]++;
          if (cell.nuclei.some(({ vertices }) => isInside(vertices, place[0], place[1]))) inside[i]++;
        }
      });
    }
    expect(inside[0] / born[0]).toBeCloseTo(0.7, 1);
    expect(inside[1] / born[1]).toBeLessThan(0.002);
  });
});
