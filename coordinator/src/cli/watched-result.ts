import type { JudgedResult } from '@spatile/instrument/judge/read/result';

/** The result with every pass over its transcripts counted: `advance` is told the rows of the pass so far. */
export function watchedResult(result: JudgedResult, advance: (rows: number) => void): JudgedResult {
  const { genes } = result;
  return {
    ...result,
    assignments: () => counted(result.assignments(), advance),
    genes: genes ? { ...genes, batches: () => counted(genes.batches(), advance) } : genes,
  };
}

async function* counted<Batch extends { length: number }>(
  batches: AsyncIterable<Batch>,
  advance: (rows: number) => void,
): AsyncGenerator<Batch> {
  let rows = 0;
  for await (const batch of batches) {
    yield batch;
    rows += batch.length;
    advance(rows);
  }
}
