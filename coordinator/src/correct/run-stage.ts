import { readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { InputFile } from '@spatile/formats/bundle/slide';
import type { RunConfig } from '@spatile/formats/config/schema';
import type { ReferenceProfiles } from '@spatile/formats/reference/read';
import type { CsrMatrix, TableSpec } from '@spatile/formats/spatialdata/write';
import type { AssignStage } from '../assign/stage.ts';
import type { OutlinedCells } from '../output/cells.ts';
import { type SlideFeatures, slideFeatures } from '../run/slide.ts';
import type { Scan } from '../scan/scan.ts';
import type { Corrections } from './annotations.ts';
import { checkRunTypes } from './celladmix/cell-types.ts';
import { runCorrect } from './correct.ts';
import { heldCounts } from './counts/memory.ts';
import { checkMethods, loadReference, takesTranscripts } from './reference.ts';
import { transcriptsOfRun } from './transcripts/of-run.ts';
import { TranscriptSpool } from './transcripts/spool.ts';

/** Whether a run ends with corrections. */
export const isCorrecting = (config: RunConfig): boolean => config.correct.methods.length > 0;

/** The reference for the genes that a scan found; null for a run without corrections. Errors: as `loadReference`. */
export async function slideReference(config: RunConfig, scan: Scan): Promise<ReferenceProfiles | null> {
  if (!isCorrecting(config)) return null;
  checkRunTypes(config.correct);
  return loadReference(config.correct, panelOf(slideFeatures(scan)));
}

function panelOf(features: SlideFeatures): { names: string[]; ids: string[] } {
  const genes = features.features.slice(0, features.genes);
  return { names: genes.map(({ name }) => name), ids: genes.map(({ id, name }) => id ?? name) };
}

/** The files of the reference, which are part of what a run is. Errors: as `checkMethods`. */
export function referenceInputs(config: RunConfig): InputFile[] {
  if (!isCorrecting(config)) return [];
  checkMethods(config.correct);
  return [config.correct.reference.file, config.correct.reference.labelFile].flatMap((path) =>
    path === null ? [] : filesOf(path).map((file) => ({ role: 'reference', ...file })),
  );
}

/** A file, or the matrix and its names in a folder; nothing for a path that does not exist. */
function filesOf(path: string): { path: string; name: string; sizeBytes: number }[] {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return [];
  if (!stats.isDirectory()) return [{ path, name: basename(path), sizeBytes: stats.size }];
  return readdirSync(path)
    .filter((name) => /^(matrix\.mtx|features\.tsv|genes\.tsv|barcodes\.tsv)(\.gz)?$/.test(name))
    .sort()
    .map((name) => ({ path: join(path, name), name, sizeBytes: statSync(join(path, name)).size }));
}

/** The correct stage of a run: corrections of the cells that are written; null when there is nothing to correct. */
export async function correctRun(
  config: RunConfig,
  { slide, store, runner, regions, states }: AssignStage,
  reference: ReferenceProfiles | null,
  cells: { counts: CsrMatrix & { data: Int32Array }; kept: Uint32Array; outlines: OutlinedCells },
): Promise<Corrections | null> {
  const { counts, kept, outlines } = cells;
  if (!isCorrecting(config) || kept.length === 0) return null;
  const row = new Map(Array.from(outlines.cell, (cell, i) => [cell, i]));
  const spatial = new Float64Array(2 * kept.length);
  kept.forEach((cell, k) => {
    const at = row.get(cell)!;
    spatial[2 * k] = outlines.centroidX[at];
    spatial[2 * k + 1] = outlines.centroidY[at];
  });
  const { names, ids } = panelOf(slide.features);
  const table = heldCounts(counts, { geneNames: names, geneIds: ids, spatial });
  const transcripts = takesTranscripts(config.correct)
    ? new TranscriptSpool(store, transcriptsOfRun({ slide, regions, states }, kept), table.cells)
    : null;
  return runCorrect({ config, table, reference, transcripts, runner });
}

/** A table with what corrections add to it. */
export function withCorrections(spec: TableSpec, corrections: Corrections | null): TableSpec {
  if (corrections === null) return spec;
  const { obs, obsm, layers, uns } = corrections;
  return {
    ...spec,
    obs: [...spec.obs, ...obs],
    obsm: { ...spec.obsm, ...obsm },
    layers: { ...spec.layers, ...layers },
    uns: { ...spec.uns, ...uns },
  };
}
