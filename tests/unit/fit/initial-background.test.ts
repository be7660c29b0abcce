import { modelShape } from '@spatile/coordinator/assign/model-shape';
import { initialBackground } from '@spatile/coordinator/assign/proseg/initial';
import { defaultConfig } from '@spatile/formats/config/schema';
import type { ProsegPreparation } from '@spatile/formats/tile/proseg';
import { describe, expect, it } from 'vitest';

const model = modelShape(2, true, defaultConfig().assign.proseg);
const share = Float64Array.of(0.75, 0.25);
const DENSITY = 2;

const pilot = (farCounts: number[], farColumns: number): ProsegPreparation =>
  ({
    farCounts: Uint32Array.from(farCounts),
    farColumns: Uint32Array.of(farColumns),
  }) as ProsegPreparation;
const sum = (values: Float64Array): number => values.reduce((a, b) => a + b, 0);

describe('the start of the background', () => {
  it('is a small share of the density inside cells where no place is far from them', () => {
    const background = initialBackground([pilot([0, 0], 0)], share, DENSITY, model);
    expect(sum(background)).toBeCloseTo(0.05 * DENSITY);
    expect(background[0] / background[1]).toBeCloseTo(3);
  });

  it('is what lies far from cells, gene by gene, where much does', () => {
    const background = initialBackground(
      [pilot([10_000, 90_000], 100_000), pilot([10_000, 90_000], 100_000)],
      share,
      DENSITY,
      model,
    );
    expect(sum(background)).toBeCloseTo(1, 1);
    expect(background[0] / sum(background)).toBeCloseTo(0.1, 2);
  });

  it('does not depend on the order of the pilots', () => {
    const parts = [pilot([3, 5], 700), pilot([11, 0], 40), pilot([0, 2], 9000)];
    expect(initialBackground(parts, share, DENSITY, model)).toEqual(
      initialBackground([...parts].reverse(), share, DENSITY, model),
    );
  });
});
