import { NO_GENE } from '@spatile/formats/tile/parts';
import type { Profiles, StrayCells } from '@spatile/formats/tile/strays';
import { Neighbours } from '@spatile/worker/assign/proseg/strays/neighbours';
import { nativeRatio, strayProbability, surroundings } from '@spatile/worker/assign/proseg/strays/ratio';
import { changesOf } from '@spatile/worker/assign/proseg/strays/strays';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

/** Two components, three genes: gene 1 is the first's alone, gene 2 the second's. */
const PROFILES: Profiles = {
  components: 2,
  genes: 3,
  share: Float64Array.of(0.5, 0.49, 0.01, 0.5, 0.01, 0.49),
  slide: Float64Array.of(0.5, 0.25, 0.25),
  weight: Float64Array.of(0.5, 0.5),
};
/** Cells 3, 5 and 8 in a row, 10 um from each other, and 9 far away. */
const CELLS: StrayCells = {
  cell: Uint32Array.of(3, 5, 8, 9),
  x: Float64Array.of(0, 10, 20, 500),
  y: Float64Array.of(0, 0, 0, 40),
  component: Uint16Array.of(0, 1, 0, 1),
  transcripts: Uint32Array.of(100, 200, 300, 400),
};
const TASK = { limit: 0.5, minProbability: 0.25, radiusUm: 15 };

const changes = (list: [cell: number, probability: number, gene: number][], task = TASK) =>
  changesOf(
    {
      cell: Uint32Array.from(list, ([cell]) => cell),
      probability: Float32Array.from(list, ([, probability]) => probability),
      gene: Uint16Array.from(list, ([, , gene]) => gene),
    },
    task,
    CELLS,
    PROFILES,
  );

describe('transcripts that leave their cell', () => {
  it('are those that its component holds less of than the cells around', () => {
    const { at, probability } = changes([
      [3, 1, 0],
      [3, 1, 2],
      [5, 1, 1],
      [9, 1, 2],
      [0, 1, 2],
      [4, 1, 2],
      [3, 1, NO_GENE],
    ]);
    expect([...at]).toEqual([1, 2]);
    const around = surroundings(Float64Array.of(0, 200), PROFILES);
    const ratio = nativeRatio(PROFILES, 0, 2, around);
    expect(probability[0]).toBe(Math.fround(strayProbability(ratio, TASK.limit)));
  });

  it('are those that are less sure than is asked for, controls too', () => {
    const { at, probability } = changes([
      [3, 0.2, 0],
      [4, 0.125, NO_GENE],
      [3, 0.25, 0],
      [0, 0.1, 0],
    ]);
    expect([...at]).toEqual([0, 1]);
    expect([...probability]).toEqual([Math.fround(1 - Math.fround(0.2)), 0.875]);
  });

  it('are none where all is kept', () => {
    expect(changes([[3, 0.1, 2]], { ...TASK, limit: 0, minProbability: 0 }).at).toHaveLength(0);
  });
});

it('neighbours are all other places within the radius', () => {
  const place = fc.record({ x: fc.integer({ min: 0, max: 40 }), y: fc.integer({ min: 0, max: 40 }) });
  fc.assert(
    fc.property(fc.array(place, { maxLength: 40 }), fc.integer({ min: 1, max: 20 }), (places, radius) => {
      places.sort((a, b) => a.y - b.y);
      const near = new Neighbours(
        { x: Float64Array.from(places, ({ x }) => x), y: Float64Array.from(places, ({ y }) => y) },
        radius,
      );
      places.forEach((at, i) => {
        const wanted = [...places.keys()].filter(
          (k) => k !== i && (places[k].x - at.x) ** 2 + (places[k].y - at.y) ** 2 <= radius ** 2,
        );
        expect(near.of(i).sort((a, b) => a - b)).toEqual(wanted);
      });
    }),
  );
});
