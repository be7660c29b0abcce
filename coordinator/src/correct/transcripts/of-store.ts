import { readNode, readPoints, type StoredAnnotation } from '@spatile/formats/spatialdata/read';
import type { TranscriptBatch, TranscriptSource } from './source.ts';

const POINTS = 'transcripts';
const COLUMNS = ['x', 'y', 'feature_name', 'cell_id', 'transcript_id'] as const;

/** Transcripts of a stored result. Errors: `STORE_INVALID` without points. */
export async function transcriptsOfStore(
  input: string,
  { obsIndex, varIndex }: StoredAnnotation,
): Promise<TranscriptSource> {
  const node = await readNode(input, `points/${POINTS}`);
  const axes = (node.attributes as { axes?: string[] } | undefined)?.axes ?? [];
  const hasZ = axes.includes('z');
  return {
    hasZ,
    async *batches(): AsyncGenerator<TranscriptBatch> {
      const rows = codes(new Map(obsIndex.map((cell, row) => [cell, row])));
      const genes = codes(new Map(varIndex.map((gene, column) => [gene, column])));
      const wanted = hasZ ? ([...COLUMNS, 'z'] as const) : COLUMNS;
      for await (const { length, columns, texts } of readPoints(input, POINTS, wanted)) {
        yield {
          row: rows(columns.cell_id as Uint32Array, texts.cell_id),
          gene: genes(columns.feature_name as Uint32Array, texts.feature_name),
          x: columns.x as Float32Array,
          y: columns.y as Float32Array,
          z: hasZ ? (columns.z as Float32Array) : new Float32Array(length),
          id: columns.transcript_id as BigUint64Array,
        };
      }
    },
  };
}

/** Turns codes into a growing list of texts into numbers; -1 for texts that are not in `known`. */
function codes(known: ReadonlyMap<string, number>) {
  const numbers: number[] = [];
  return (values: Uint32Array, texts: readonly string[]): Int32Array => {
    while (numbers.length < texts.length) numbers.push(known.get(texts[numbers.length]) ?? -1);
    return Int32Array.from(values, (code) => numbers[code]);
  };
}
