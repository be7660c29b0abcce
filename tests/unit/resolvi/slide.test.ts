import { heldCounts } from '@spatile/coordinator/correct/counts/memory';
import type { CorrectStage } from '@spatile/coordinator/correct/method';
import { resolviSlide } from '@spatile/coordinator/correct/resolvi/slide';
import { configSchema } from '@spatile/formats/config/schema';
import { expect, test } from 'vitest';

const CELLS = 12;

/** Cells on a line with 20 transcripts each, or 2 in those that are poor; labels a, b, a, b ... of some. */
function stageOf(poor: (cell: number) => boolean, labelled: (cell: number) => boolean): CorrectStage {
  const held = heldCounts(
    {
      indptr: Int32Array.from({ length: CELLS + 1 }, (_, i) => i),
      indices: Int32Array.from({ length: CELLS }, (_, i) => i % 3),
      data: Int32Array.from({ length: CELLS }, (_, i) => (poor(i) ? 2 : 20)),
    },
    {
      ...{ geneNames: ['A', 'B', 'C'], geneIds: ['A', 'B', 'C'] },
      spatial: Float64Array.from({ length: 2 * CELLS }, (_, i) => (i % 2 === 0 ? i : 0)),
    },
  );
  const values = Int8Array.from({ length: CELLS }, (_, i) => (labelled(i) ? i % 2 : -1));
  const table = {
    ...held,
    obs: [{ name: 'type', kind: 'categorical' as const, values, categories: ['a', 'b'] }],
  };
  const resolvi = { labelColumn: 'type', trainOn: 'labelled' as const, minCounts: 5 };
  return {
    config: configSchema.parse({ correct: { methods: ['resolvi'], resolvi } }),
    table,
  } as unknown as CorrectStage;
}

test('labelled cells with enough transcripts are trained on', async () => {
  const slide = await resolviSlide(
    stageOf(
      (cell) => cell < 2,
      (cell) => cell < 6,
    ),
    null,
  );
  expect([...slide!.trained]).toEqual([2, 3, 4, 5]);
});

test.each([
  ['all labelled cells have too few transcripts', 0, (cell: number) => cell < 6],
  ['those of all labels but one have', 1, (cell: number) => cell < 6 && cell !== 4],
])('it is refused when %s', async (_, found, poor) => {
  await expect(
    resolviSlide(
      stageOf(poor, (cell) => cell < 6),
      null,
    ),
  ).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message: expect.stringMatching(
      `resolvi has ${found} labels of cells with enough transcripts to learn from, of 2 names; expected 2 to 500; `,
    ),
  });
});
