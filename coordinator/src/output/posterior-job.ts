import type { AssignStage } from '../assign/stage.ts';
import { RunStore, type Traffic } from '../run/store.ts';
import { type ExpectedLayers, expectedLayers } from './expected-layers.ts';
import { collectPosterior, type PosteriorSlide, type SlidePosterior } from './posterior.ts';

/** The posterior as the output has it: by slide cell, and the layers of the cells that make it up. */
export type OutputPosterior = Omit<SlidePosterior, 'rows'> & { layers: ExpectedLayers | null };

export interface PosteriorInput extends PosteriorSlide {
  /** The run directory. */
  directory: string;
  /** Cells of the layers (1-based, ascending); null for no layers. */
  rows: Uint32Array | null;
}

/** An `OutputPosterior` (null without one) in pieces, so that its memory can move, and what was read for it. */
export interface PosteriorResult {
  columns: ArrayBufferView[] | null;
  traffic: Record<string, Traffic>;
}

/** Job of a thread: reads the posterior and makes its layers. Errors: `RUN_CORRUPT`. */
export async function posteriorJob({ directory, rows, ...slide }: PosteriorInput): Promise<PosteriorResult> {
  const store = new RunStore(directory);
  const found = await collectPosterior(store, slide, rows !== null);
  const traffic = store.traffic();
  if (found === null) return { columns: null, traffic };
  const totals = [found.expected, found.variance, found.flips];
  if (found.rows === null || rows === null) return { columns: totals, traffic };
  const { expected, counts_low: low, counts_high: high } = expectedLayers(found.rows, rows);
  return {
    columns: [...totals, expected.indptr, expected.indices, expected.data, low.data, high.data],
    traffic,
  };
}

/**
 * What the samples of a run say of its cells, read in a thread where there is one; null for methods that draw none.
 * @param rows cells of the layers `expected`, `counts_low` and `counts_high`, 1-based, ascending.
 */
export async function readPosterior(
  { slide, store, threads }: Pick<AssignStage, 'slide' | 'store' | 'threads'>,
  rows: Uint32Array,
): Promise<OutputPosterior | null> {
  const { config, cells, features } = slide;
  // Results of other methods have nothing to say here, and reading them all is not free.
  if (config.assign.method !== 'proseg') return null;
  const { columns, traffic } = await threads.run('posterior', {
    directory: store.directory,
    cells: cells.priorId.length,
    modelGene: features.modelGene,
    modelGenes: features.modelGenes,
    rows: config.output.expected ? rows : null,
  });
  store.addTraffic(traffic);
  return columns && fromPieces(columns);
}

function fromPieces(columns: readonly ArrayBufferView[]): OutputPosterior {
  const [expected, variance, flips, indptr, indices, mean, low, high] = columns as [
    ...[Float32Array, Float32Array, Float32Array],
    ...[Int32Array | BigInt64Array, Int32Array, Float32Array, Int32Array, Int32Array],
  ];
  const layer = <D>(data: D) => ({ indptr, indices, data });
  const layers =
    indptr === undefined ? null : { expected: layer(mean), counts_low: layer(low), counts_high: layer(high) };
  return { expected, variance, flips, layers };
}
