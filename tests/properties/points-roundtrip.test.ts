import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { IDENTITY } from '@spatile/formats/space';
import { readPoints } from '@spatile/formats/spatialdata/read';
import { validateSpatialData } from '@spatile/formats/spatialdata/validate';
import { createSpatialData, type PointsBatch } from '@spatile/formats/spatialdata/write';
import fc from 'fast-check';
import { expect, it } from 'vitest';

const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 });

interface Slide {
  features: string[];
  cellIds: string[];
  rows: {
    x: number;
    y: number;
    feature: number;
    id: bigint;
    cell: number;
    probability: number;
    control: boolean;
  }[];
}

const slides: fc.Arbitrary<Slide> = fc
  .record({
    features: fc.uniqueArray(name, { minLength: 1, maxLength: 300 }),
    cellIds: fc.uniqueArray(name, { maxLength: 40 }),
  })
  .chain(({ features, cellIds }) =>
    fc.record({
      features: fc.constant(features),
      cellIds: fc.constant(cellIds),
      rows: fc.array(
        fc.record({
          x: fc.float({ noNaN: true }),
          y: fc.float({ noNaN: true }),
          feature: fc.nat(features.length - 1),
          id: fc.bigInt(0n, 2n ** 64n - 1n),
          cell: fc.nat(cellIds.length),
          probability: fc.float({ min: 0, max: 1, noNaN: true }),
          control: fc.boolean(),
        }),
        { minLength: 1, maxLength: 120 },
      ),
    }),
  );

function batch(rows: Slide['rows']): PointsBatch {
  return {
    x: Float32Array.from(rows, ({ x }) => x),
    y: Float32Array.from(rows, ({ y }) => y),
    z: null,
    feature: Int32Array.from(rows, ({ feature }) => feature),
    transcriptId: BigUint64Array.from(rows, ({ id }) => id),
    qv: null,
    cell: Uint32Array.from(rows, ({ cell }) => cell),
    probability: Float32Array.from(rows, ({ probability }) => probability),
    isControl: Uint8Array.from(rows, ({ control }) => Number(control)),
  };
}

it('points come back row by row, whatever the texts, ids, batches, row groups and parts', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'spatile-points-'));
  try {
    await fc.assert(
      fc.asyncProperty(
        slides,
        fc.integer({ min: 1, max: 50 }),
        fc.integer({ min: 1, max: 60 }),
        async (slide, cut, group) => {
          const path = join(folder, 'slide.zarr');
          const writer = await createSpatialData(path, {
            attrs: {},
            pixelSizeUm: null,
            micronsToGlobal: IDENTITY,
          });
          const spec = {
            features: slide.features,
            cellIds: slide.cellIds,
            hasZ: false,
            hasQv: false,
            rowsPerGroup: group,
            rowsPerPart: 2 * group,
          };
          async function* batches() {
            for (let from = 0; from < slide.rows.length; from += cut)
              yield batch(slide.rows.slice(from, from + cut));
          }
          await writer.points('transcripts', spec, batches());
          await writer.finish();
          const back: unknown[] = [];
          for await (const part of readPoints(path, 'transcripts', [
            'x',
            'y',
            'feature_name',
            'transcript_id',
            'cell_id',
            'probability',
            'is_control',
          ])) {
            const { x, y, feature_name, transcript_id, cell_id, probability, is_control } = part.columns;
            for (let i = 0; i < part.length; i++) {
              const feature = part.texts.feature_name[feature_name![i] as number];
              const cell = part.texts.cell_id[cell_id![i] as number];
              back.push([
                x![i],
                y![i],
                feature,
                transcript_id![i],
                cell,
                probability![i],
                is_control![i] === 1,
              ]);
            }
          }
          expect(back).toEqual(
            slide.rows.map(({ x, y, feature, id, cell, probability, control }) => [
              x,
              y,
              slide.features[feature],
              id,
              cell === 0 ? '' : slide.cellIds[cell - 1],
              probability,
              control,
            ]),
          );
          expect(await validateSpatialData(path)).toEqual([]);
          await rm(path, { recursive: true });
        },
      ),
      { numRuns: 60 },
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
