import { poolStatistics } from '@spatile/coordinator/assign/proseg/statistics';
import { RandomStream } from '@spatile/random/stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  drawCells,
  type ModelCells,
  statisticsOf,
  testFrame,
  testGlobals,
} from '../../support/model-statistics.ts';

const frame = testFrame();
const truth = testGlobals(frame, new RandomStream(1, 'truth'));

function parts(count: number, seed: number) {
  return Array.from({ length: count }, (_, i) => {
    const cells: ModelCells = drawCells(new RandomStream(seed, 'cells', i), 20, truth, frame);
    return statisticsOf(new RandomStream(seed, 'aux', i), cells, truth, frame, 100 + i);
  });
}

describe('pooling', () => {
  it('does not depend on the order of the tiles', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 5 }), fc.integer({ min: 0, max: 1000 }), (count, seed) => {
        const list = parts(count, seed);
        const shuffled = new RandomStream(seed, 'shuffle').shuffle([...list]);
        expect(poolStatistics(shuffled, frame, 3)).toEqual(poolStatistics(list, frame, 3));
      }),
      { numRuns: 20 },
    );
  });

  it('gives for four parts what their sum gives as one', () => {
    const list = parts(4, 7);
    const whole = structuredClone(list[0]);
    for (const part of list.slice(1)) {
      for (const name of Object.keys(whole) as (keyof typeof whole)[]) {
        for (let i = 0; i < whole[name].length; i++)
          (whole[name] as unknown as bigint[])[i] += (part[name] as unknown as bigint[])[i];
      }
    }
    expect(poolStatistics(list, frame, 1)).toEqual(poolStatistics([whole], frame, 1));
  });

  it('refuses statistics of another size in one sentence', () => {
    const [part] = parts(1, 1);
    expect(() => poolStatistics([{ ...part, x: new Uint32Array(3) }], frame, 1)).toThrow(
      /statistic x has the wrong size \(3\); expected 8/,
    );
    expect(() => poolStatistics([{ ...part, omega: undefined as never }], frame, 1)).toThrow(
      /omega has the wrong size \(absent\)/,
    );
  });
});
