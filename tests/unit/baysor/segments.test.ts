import { segmentSource } from '@spatile/coordinator/assign/baysor/settings';
import { defaultConfig } from '@spatile/formats/config/schema';
import { type AssignTile, OUTLINE_CELL, OUTLINE_NUCLEUS } from '@spatile/formats/tile/assign';
import { moleculesOf } from '@spatile/worker/assign/baysor/molecules';
import { describe, expect, it, test } from 'vitest';
import { SETTINGS, tileOf } from './toy.ts';

const square = (x0: number, x1: number): Float64Array => Float64Array.of(x0, 2, x1, 2, x1, 6, x0, 6, x0, 2);

/** Cell 1: a nucleus in a cell; cell 2: a cell without nucleus; cell 3: a nucleus alone. A molecule at the middle of each piece. */
function outlined(): AssignTile {
  const tile = tileOf(
    [3, 5, 12, 22].map((x) => ({ x, y: 4, gene: 0 })),
    30,
    1,
  );
  const rings = [
    { cell: 1, kind: OUTLINE_NUCLEUS, ring: square(2, 4) },
    { cell: 1, kind: OUTLINE_CELL, ring: square(1, 6) },
    { cell: 2, kind: OUTLINE_CELL, ring: square(10, 14) },
    { cell: 3, kind: OUTLINE_NUCLEUS, ring: square(20, 24) },
  ];
  const corners = rings.flatMap(({ ring }) =>
    Array.from({ length: 5 }, (_, v) => [ring[2 * v], ring[2 * v + 1]]),
  );
  return {
    ...tile,
    cells: {
      cell: Uint32Array.of(1, 2, 3),
      seedX: Float64Array.of(3, 12, 22),
      seedY: Float64Array.of(4, 4, 4),
      owned: new Uint8Array(3).fill(1),
    },
    rings: {
      cell: Uint32Array.from(rings, ({ cell }) => cell),
      kind: Uint8Array.from(rings, ({ kind }) => kind),
      start: Uint32Array.from(rings, (_, r) => 5 * r),
      count: new Uint32Array(4).fill(5),
    },
    vertices: { x: Float64Array.from(corners, ([x]) => x), y: Float64Array.from(corners, ([, y]) => y) },
  };
}

test.each([
  ['outlines', [1, 0, 2, 3]],
  ['nucleus-outlines', [1, 0, 0, 3]],
  ['cell-outlines', [1, 1, 2, 3]],
] as const)('segments of molecules by %s', (segments, wanted) => {
  expect([...moleculesOf(outlined(), { ...SETTINGS, segments }).segment]).toEqual(wanted);
});

describe('where segments come from', () => {
  const source = (
    segments: 'auto' | 'nucleus' | 'cell',
    { ids = false, anyNuclear = false, nuclei = true },
  ): string => {
    const config = defaultConfig();
    config.assign.baysor.segments = segments;
    const nucleus = [nuclei ? [square(2, 4)] : []];
    return segmentSource({
      config,
      scan: { cellIds: ids ? ['a'] : [], anyNuclear },
      cells: { fromBundle: true, nucleus },
    } as unknown as Parameters<typeof segmentSource>[0]);
  };

  it('are ids where transcripts name cells', () => {
    expect(source('auto', { ids: true })).toBe('ids');
    expect(source('cell', { ids: true })).toBe('ids');
    expect(source('nucleus', { ids: true, anyNuclear: true })).toBe('nuclear-ids');
    expect(source('nucleus', { ids: true })).toBe('nucleus-outlines');
  });

  it('are outlines of the wanted kind where they do not', () => {
    expect(source('auto', {})).toBe('outlines');
    expect(source('nucleus', {})).toBe('nucleus-outlines');
    expect(source('nucleus', { nuclei: false })).toBe('outlines');
    expect(source('cell', {})).toBe('cell-outlines');
  });
});
