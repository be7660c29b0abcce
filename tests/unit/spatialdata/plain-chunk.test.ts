import { type PlainNumbers, writePlainChunk } from '@spatile/formats/spatialdata/plain-chunk';
import fc from 'fast-check';
import { ByteWriter } from 'hyparquet-writer';
import { writeColumn } from 'hyparquet-writer/src/column.js';
import { snappyCompress } from 'hyparquet-writer/src/snappy.js';
import { describe, expect, it } from 'vitest';

/** What hyparquet-writer makes of a column, after some bytes of other columns. */
function byLibrary(
  values: PlainNumbers,
  type: 'FLOAT' | 'DOUBLE' | 'INT32' | 'INT64',
  pageSize: number,
  stats: boolean,
) {
  const writer = new ByteWriter();
  writer.appendUint32(7);
  const element = { name: 'x', type, repetition_type: 'REQUIRED' } as const;
  const column = {
    columnName: 'x',
    element:
      values instanceof BigUint64Array ? ({ ...element, converted_type: 'UINT_64' } as const) : element,
    schemaPath: [{ name: 'schema' }, element],
    codec: 'SNAPPY' as const,
    compressors: { SNAPPY: snappyCompress },
    ...{ stats, pageSize, columnIndex: false, offsetIndex: false, encoding: 'PLAIN' as const },
  };
  const pageData = {
    values: values as Float32Array,
    definitionLevels: [],
    repetitionLevels: [],
    maxDefinitionLevel: 0,
  };
  const { chunk } = writeColumn({ writer, column, pageData });
  return { bytes: writer.getBytes(), chunk };
}

function byUs(
  values: PlainNumbers,
  type: 'FLOAT' | 'DOUBLE' | 'INT32' | 'INT64',
  pageBytes: number,
  stats: boolean,
) {
  const writer = new ByteWriter();
  writer.appendUint32(7);
  const chunk = writePlainChunk(writer, { columnName: 'x', type, pageBytes, stats }, values);
  return { bytes: writer.getBytes(), chunk };
}

describe('plain chunks', () => {
  it.each([
    ['FLOAT', fc.float32Array({ maxLength: 60 }), true],
    ['DOUBLE', fc.float64Array({ maxLength: 60 }), true],
    ['INT32', fc.int32Array({ maxLength: 60 }), false],
    ['INT64', fc.bigInt64Array({ maxLength: 60 }), false],
    ['INT64', fc.bigUint64Array({ maxLength: 60 }), false],
  ] as const)('are those of hyparquet-writer (%s)', (type, arbitrary, stats) => {
    fc.assert(
      fc.property(
        arbitrary as fc.Arbitrary<PlainNumbers>,
        fc.integer({ min: 9, max: 200 }),
        (values, pageBytes) => {
          const [ours, theirs] = [byUs, byLibrary].map((write) => write(values, type, pageBytes, stats));
          expect(ours.bytes).toEqual(theirs.bytes);
          expect(ours.chunk).toEqual(theirs.chunk);
        },
      ),
    );
  });

  it.each([
    [Float32Array.of(0, -0, 3)],
    [Float32Array.of(Number.NaN, -2)],
    [Float32Array.of(Number.NaN)],
    [Float32Array.of(Number.POSITIVE_INFINITY)],
    [new Float32Array(0)],
    [Float32Array.from({ length: 300_000 }, (_, i) => i % 977)],
  ])('agree on zeros, infinities, what is no number, and more than a page', (values) => {
    const [ours, theirs] = [byUs, byLibrary].map((write) => write(values, 'FLOAT', 1 << 20, true));
    expect(Buffer.compare(ours.bytes, theirs.bytes)).toBe(0);
    expect(ours.chunk).toStrictEqual({ ...theirs.chunk, meta_data: expect.anything() });
    expect(ours.chunk.meta_data).toEqual(theirs.chunk.meta_data);
    expect(
      Object.is(ours.chunk.meta_data?.statistics?.min_value, theirs.chunk.meta_data?.statistics?.min_value),
    ).toBe(true);
    expect(
      Object.is(ours.chunk.meta_data?.statistics?.max_value, theirs.chunk.meta_data?.statistics?.max_value),
    ).toBe(true);
  });
});
