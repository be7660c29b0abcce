import { PRESETS, resolveSettings } from '@spatile/instrument/simulate/options';
import { isInside, polygonArea } from '@spatile/instrument/simulate/star-ring';
import { Tissue } from '@spatile/instrument/simulate/tissue';
import { Vendor } from '@spatile/instrument/simulate/vendor';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { isSimple } from '../unit/instrument/polygon-shape.ts';

const settings = fc.record({
  seed: fc.maxSafeInteger(),
  preset: fc.constantFrom(...PRESETS),
  sizeUm: fc.double({ min: 30, max: 420, noNaN: true }),
});

function bytesOf(rings: readonly { vertices: Float64Array }[]): Buffer {
  return Buffer.concat(rings.map(({ vertices }) => new Uint8Array(vertices.buffer)));
}

it('whatever the settings, cells are simple polygons around their seed with their nuclei inside', () => {
  fc.assert(
    fc.property(settings, fc.double({ min: 0, max: 1.2, noNaN: true }), ({ seed, preset, sizeUm }, bend) => {
      const tissue = new Tissue({ ...resolveSettings({ out: '', seed, preset, sizeUm }), bend });
      for (const { body, nuclei } of tissue.block(0, 0)) {
        expect(isSimple(body.vertices)).toBe(true);
        expect(isInside(body.vertices, body.centreX, body.centreY)).toBe(true);
        expect(body.area).toBe(polygonArea(body.vertices));
        for (const { vertices } of nuclei) {
          expect(isSimple(vertices)).toBe(true);
          for (let k = 0; k < vertices.length; k += 2) {
            expect(isInside(body.vertices, vertices[k], vertices[k + 1])).toBe(true);
          }
        }
      }
    }),
    { numRuns: 8 },
  );
});

it('whatever the order in which blocks are asked for, they hold the same cells and vendor nuclei', () => {
  const blocks = [0, 1, 2].flatMap((row) => [0, 1, 2].map((column) => [column, row] as const));
  fc.assert(
    fc.property(
      settings,
      fc.shuffledSubarray(blocks, { minLength: 3, maxLength: 5 }),
      ({ seed, preset }, order) => {
        const options = resolveSettings({ out: '', seed, preset, sizeUm: 600 });
        const tissue = new Tissue(options);
        const vendor = new Vendor(tissue);
        for (const [column, row] of order) vendor.block(column, row);
        const [column, row] = order[order.length - 1];
        const fresh = new Tissue(options);
        const bytes = (of: Tissue) =>
          bytesOf(of.block(column, row).flatMap(({ body, nuclei }) => [body, ...nuclei]));
        expect(bytes(tissue).equals(bytes(fresh))).toBe(true);
        const seen = (by: Vendor) =>
          bytesOf(by.block(column, row).map(({ ring: vertices }) => ({ vertices })));
        expect(seen(vendor).equals(seen(new Vendor(fresh)))).toBe(true);
      },
    ),
    { numRuns: 3 },
  );
});
