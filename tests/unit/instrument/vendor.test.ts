import { growRect } from '@spatile/formats/space';
import { blockRect } from '@spatile/instrument/simulate/blocks';
import { resolveSettings, type Settings } from '@spatile/instrument/simulate/options';
import { distanceToRing, polygonArea } from '@spatile/instrument/simulate/star-ring';
import { Tissue } from '@spatile/instrument/simulate/tissue';
import { Vendor } from '@spatile/instrument/simulate/vendor';
import { type Fate, fatesOf } from '@spatile/instrument/simulate/vendor-fates';
import { EXPANSION_UM, FARTHEST_UM, VendorMap } from '@spatile/instrument/simulate/vendor-map';
import { RandomStream } from '@spatile/random/stream';
import { describe, expect, it } from 'vitest';

const settings = resolveSettings({ out: '', sizeUm: 400, seed: 3 });
const places = [0, 1].flatMap((row) => [0, 1].map((column) => [column, row] as const));
const faultless: Settings = {
  ...settings,
  overlapShare: 0,
  binucleateShare: 0,
  vendorMissed: 0,
  vendorMerged: 0,
  vendorSplit: 0,
};

function segment(changes: Partial<Settings>) {
  const tissue = new Tissue({ ...faultless, ...changes });
  const vendor = new Vendor(tissue);
  return {
    nuclei: places.flatMap(([column, row]) => tissue.block(column, row)).flatMap((cell) => cell.nuclei),
    found: places.flatMap(([column, row]) => vendor.block(column, row)),
    fates: places.flatMap(([column, row]) => fatesOf(tissue, column, row)),
  };
}

describe('the vendor', () => {
  it('finds each nucleus once when it makes no error, with ids of its own, and none where there is none', () => {
    const { nuclei, found } = segment({});
    expect(found).toHaveLength(nuclei.length);
    expect(new Set(found.map(({ id }) => id)).size).toBe(found.length);
    const ratio =
      found.reduce((sum, { area }) => sum + area, 0) / nuclei.reduce((sum, { area }) => sum + area, 0);
    expect(ratio).toBeCloseTo(1, 1);
  });

  // About 900 nuclei: a standard error of 0.01 on a share of 0.1.
  it('misses nuclei as often as asked', () => {
    const { nuclei, found } = segment({ vendorMissed: 0.1 });
    expect(1 - found.length / nuclei.length).toBeCloseTo(0.1, 1);
    expect(found.length).toBeLessThan(nuclei.length * 0.94);
  });

  it('splits nuclei as often as asked, into halves', () => {
    const { nuclei, found } = segment({ vendorSplit: 0.1, vendorShiftUm: 0 });
    expect(found.length / nuclei.length).toBeGreaterThan(1.06);
    expect(found.length / nuclei.length).toBeLessThan(1.14);
  });

  it('takes neighbours for one as often as asked, short of those that find no partner', () => {
    const { nuclei, found, fates } = segment({ vendorMerged: 0.1 });
    expect(1 - found.length / nuclei.length).toBeGreaterThan(0.06);
    expect(1 - found.length / nuclei.length).toBeLessThanOrEqual(0.12);
    for (const { blob, partners } of fates) {
      for (const partner of partners)
        expect(Math.hypot(partner.x - blob.x, partner.y - blob.y)).toBeLessThan(14);
    }
    const merged = fates.filter(({ partners }) => partners.length > 0).length;
    expect(merged).toBe(fates.filter(({ fate }) => fate === 'gone').length);
  });

  it('shifts outlines by the stated sd, neighbours partly together', () => {
    const { nuclei, found } = segment({ vendorShiftUm: 1 });
    const shifts = found.map(({ centreX, centreY }, i) => {
      const { vertices } = nuclei[i];
      let [x, y] = [0, 0];
      for (let k = 0; k < vertices.length; k += 2) {
        x += (2 * vertices[k]) / vertices.length;
        y += (2 * vertices[k + 1]) / vertices.length;
      }
      return [centreX - x, centreY - y];
    });
    const sd = Math.sqrt(shifts.reduce((sum, [dx, dy]) => sum + dx * dx + dy * dy, 0) / (2 * shifts.length));
    expect(sd).toBeGreaterThan(0.8);
    expect(sd).toBeLessThan(1.3);
    // Those next to each other in the list are mostly neighbours in y; the common part is 0.4 of the variance.
    let together = 0;
    found.forEach((a, i) => {
      const j = found.findIndex(
        (b, k) => k > i && Math.hypot(a.centreX - b.centreX, a.centreY - b.centreY) < 12,
      );
      if (j > 0) together += (shifts[i][0] * shifts[j][0] + shifts[i][1] * shifts[j][1]) / (2 * found.length);
    });
    expect(together).toBeGreaterThan(0.1);
  });

  it('sees one nucleus where two lie over each other, or both as one', () => {
    const { fates } = segment({ overlapShare: 0.3 });
    const gone = fates.filter(({ fate }) => fate === 'gone');
    expect(gone.length / fates.length).toBeGreaterThan(0.04);
    expect(gone.every(({ blob }) => blob.cell.layer === 0)).toBe(true);
    const merged = fates.filter(({ partners }) => partners.length > 0);
    expect(merged.length / gone.length).toBeGreaterThan(0.25);
    expect(merged.length / gone.length).toBeLessThan(0.75);
  });

  it('makes two cells of some of the cells with two nuclei', () => {
    const { fates } = segment({ binucleateShare: 0.3 });
    const twins = fates.filter(({ blob }) => blob.cell.nuclei.length === 2);
    const gone = twins.filter(({ fate }) => fate === 'gone').length;
    expect(twins.length).toBeGreaterThan(300);
    expect(gone / (twins.length / 2)).toBeGreaterThan(0.15);
    expect(gone / (twins.length / 2)).toBeLessThan(0.85);
  });

  it('decides the same for a nucleus whichever block asks', () => {
    const tissue = new Tissue({ ...settings, vendorMerged: 0.2, overlapShare: 0.3 });
    const goneOf = (fates: Fate[]) => fates.filter(({ fate }) => fate === 'gone').map(({ blob }) => blob.key);
    const all = places.flatMap(([column, row]) => fatesOf(tissue, column, row));
    // Each nucleus that is gone and not missed is some other's partner or hidden: never a partner that is also seen.
    const partners = all.flatMap((fate) => (fate.fate === 'gone' ? [] : fate.partners.map(({ key }) => key)));
    const gone = new Set(goneOf(all));
    expect(partners.length).toBeGreaterThan(50);
    expect(new Set(partners).size).toBe(partners.length);
    expect(partners.every((key) => gone.has(key))).toBe(true);
  });
});

describe('the map of vendor nuclei', () => {
  const vendor = new Vendor(new Tissue(settings));
  const nuclei = vendor.around(1, 1);
  const map = new VendorMap(nuclei, growRect(blockRect(1, 1), 80));

  it('finds the nearest nucleus as a search through all of them does', () => {
    const stream = new RandomStream(2, 'probe');
    for (let i = 0; i < 500; i++) {
      const x = 180 + 220 * stream.uniform();
      const y = 180 + 220 * stream.uniform();
      const distances = nuclei.map(({ ring }) => distanceToRing(ring, x, y));
      const least = Math.min(...distances);
      const index = map.locate(x, y);
      expect(map.distanceUm).toBeCloseTo(Math.min(least, FARTHEST_UM), 9);
      expect(index).toBe(least < FARTHEST_UM ? distances.indexOf(least) : -1);
    }
  });

  it('grows each nucleus by 5 um at most, halfway to its neighbours', () => {
    nuclei.forEach((nucleus, index) => {
      if (nucleus.block !== 3) return;
      const ring = map.cellRing(index);
      expect(polygonArea(ring)).toBeGreaterThan(0.8 * nucleus.area);
      for (let k = 0; k < ring.length; k += 2) {
        expect(distanceToRing(nucleus.ring, ring[k], ring[k + 1])).toBeLessThan(EXPANSION_UM + 0.01);
      }
    });
  });
});
