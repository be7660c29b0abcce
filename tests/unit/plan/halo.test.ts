import type { CellTable } from '@spatile/coordinator/cells/table';
import { borderWidthsUm, haloUm } from '@spatile/coordinator/plan/halo';
import { configSchema } from '@spatile/formats/config/schema';
import { expect, it } from 'vitest';

const config = configSchema.parse({ assign: { method: 'proseg' } });
const cellsOf = (diameterUm: number): CellTable =>
  ({
    diameterUm: new Float64Array(100).fill(diameterUm),
    reachUm: new Float64Array(100).fill(diameterUm / 2),
  }) as unknown as CellTable;

const widthsOf = (diameterUm: number): number[] => {
  const { halfWidthUm, contextUm } = borderWidthsUm(config.assign.proseg, cellsOf(diameterUm));
  return [halfWidthUm, contextUm, haloUm(config, cellsOf(diameterUm), 16)];
};

it('widths grow with the cells of the prior, up to what no tissue has', () => {
  expect(widthsOf(40)[0]).toBeGreaterThan(widthsOf(10)[0]);
  expect(widthsOf(40)[1]).toBeGreaterThan(widthsOf(10)[1]);
  expect(widthsOf(10_000)).toEqual(widthsOf(300));
  expect(widthsOf(10_000)[1]).toBeLessThan(320);
});
