import { RectIndex } from '@spatile/coordinator/plan/rect-index';
import { type RectUm, rectsIntersect } from '@spatile/formats/space';
import fc from 'fast-check';
import { expect, it } from 'vitest';

const rect = fc
  .tuple(...[-500, -500, 0, 0].map((min) => fc.integer({ min, max: 500 })))
  .map(([x0, y0, width, height]): RectUm => ({ x0, y0, x1: x0 + width, y1: y0 + height }));

it('finds the rectangles that a look at all of them finds', () => {
  fc.assert(
    fc.property(fc.array(rect, { maxLength: 40 }), rect, (rects, asked) => {
      const all = rects.flatMap((one, i) => (rectsIntersect(one, asked) ? [i] : []));
      expect(new RectIndex(rects).meeting(asked)).toEqual(all);
    }),
  );
});
