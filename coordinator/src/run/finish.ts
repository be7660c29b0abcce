import { resolve } from 'node:path';
import type { Finding } from '@spatile/formats/bundle/slide';
import type { ReferenceProfiles } from '@spatile/formats/reference/read';
import { IDENTITY, invertAffine } from '@spatile/formats/space';
import { validateSpatialData } from '@spatile/formats/spatialdata/validate';
import type { RunOptions, RunSummary } from '../api.ts';
import type { AssignStage, AssignSummary } from '../assign/stage.ts';
import { priorCells } from '../cells/discovered.ts';
import type { Corrections } from '../correct/annotations.ts';
import { correctRun } from '../correct/run-stage.ts';
import type { OutlinedCells } from '../output/cells.ts';
import type { EarlyWork } from '../output/early-points.ts';
import { threadedEncoders } from '../output/encoders.ts';
import { readPosterior } from '../output/posterior-job.ts';
import { type SlideTally, tallySlide } from '../output/tally.ts';
import { keptCounts, writeOutput } from '../output/write.ts';
import { labelGrid } from '../output/write-labels.ts';
import { convergenceFindings, judgeConvergence } from '../report/convergence.ts';
import { loadReport, writeReport } from '../report/report.ts';
import type { Segmented } from '../segment/round.ts';
import { reportFor } from './directory.ts';
import { logEvent, logStep, readEvents } from './events.ts';
import type { RunIdentity } from './identity.ts';
import { untilAborted } from './interrupt.ts';
import type { OpenedInput } from './open.ts';
import { timed } from './prepare.ts';
import { reportData } from './report-data.ts';
import type { SlideContext } from './slide.ts';
import { runWork } from './work.ts';

export const SUMMARY_FILE = 'summary.json';

/** Of a slide with more transcripts, tiles that are read in order are gone from memory before they are asked for again. */
const MOST_CACHED = 3_000_000;

/** What a run has when all rounds are over. */
export interface FinishInput {
  options: RunOptions;
  input: OpenedInput;
  identity: RunIdentity;
  stage: AssignStage;
  assigned: AssignSummary;
  outlines: OutlinedCells;
  /** What is done of the output while workers are busy; null when nothing is. */
  early: EarlyWork | null;
  /** Cell types for the correct stage; null without one. */
  reference: ReferenceProfiles | null;
  /** What the run found in the images; null when it went by a prior segmentation. */
  segmented: Segmented | null;
  findings: Finding[];
  started: number;
}

/** Counts, writes the Zarr, checks it, and writes the report and the summary. Errors: those of the writers, `INTERRUPTED`. */
export async function finishRun({
  options,
  input,
  identity,
  stage,
  assigned,
  outlines,
  early: earlyWork,
  reference,
  segmented,
  findings,
  started,
}: FinishInput): Promise<RunSummary> {
  const { slide, regions, states, store, threads } = stage;
  // Workers have nothing more to do: their cores write, together with this one.
  threads.warmUp();
  const progress = untilAborted(options.progress, options.signal);
  const output = resolve(options.output);
  const tallyStarted = performance.now();
  const { minTranscripts } = options.config.output;
  const large = slide.scan.kept > MOST_CACHED;
  // All outlined cells are kept where none is too small, and the posterior is read while they are counted, if there is room.
  const early = minTranscripts === 0 && !large ? readPosterior(stage, outlines.cell) : null;
  // Heard where it is awaited.
  early?.catch(() => undefined);
  const choice = await chooseCells(stage, outlines, minTranscripts);
  const { tally, kept } = choice;
  const counts = keptCounts(slide, tally, kept);
  const components = await componentsOf(stage);
  const posterior = early ?? readPosterior(stage, kept);
  posterior.catch(() => undefined);
  await logStep(store, 'tally', tallyStarted);
  const corrections = await correctRun(options.config, stage, reference, { counts, kept, outlines });
  await stage.runner.close();
  if (large) for (const cached of [regions, states]) cached.keepAtMost(0);
  const writeStarted = performance.now();
  const earlyPoints = (await earlyWork?.end()) ?? null;
  // Loaded while the first columns are encoded; what fails here fails again where it is needed.
  loadReport().catch(() => undefined);
  const { digest, bytes, nucleiDropped } = await timed(
    progress,
    'write',
    'writing the SpatialData Zarr',
    slide.scan.kept,
    (onRows) =>
      writeOutput({
        path: output,
        store,
        slide,
        regions,
        states,
        outlines,
        tally,
        transcripts: stage.transcripts,
        early: earlyPoints,
        kept,
        counts,
        corrections,
        components,
        posterior,
        segmented,
        labelGrid: options.config.output.labels ? labelGrid(segmented, input.bundle.images[0], slide) : null,
        images: options.config.output.images === 'copy' ? input.bundle.images : [],
        pixelSizeUm: input.bundle.pixelSizeUm,
        micronsToGlobal: micronsToGlobal(input),
        attrs: outputAttrs(identity, input, slide, assigned),
        hasQv: input.bundle.transcripts.has.qv,
        onRows,
        encoders: threadedEncoders(threads),
      }),
  );
  await logStep(store, 'write', writeStarted);
  const reportStarted = performance.now();
  // One is done here where there is one thread: it would wait there for the other.
  const [drawn, problems] = await Promise.all([
    threads.run('draw', { path: output }),
    threads.size > 1 ? threads.run('validate', { path: output }) : validateSpatialData(output),
  ]);
  const convergence = await judgeConvergence(store, assigned.diagnostics);
  const all = [
    ...findings,
    ...problems,
    ...outputFindings(slide, kept, nucleiDropped),
    ...correctFindings(corrections),
    ...convergenceFindings(convergence),
  ];
  for (const { message } of all.filter(({ level }) => level === 'warning'))
    progress({ kind: 'warning', message });
  const data = await reportData({
    options,
    input,
    slide,
    store,
    tally,
    outlines,
    kept: kept.length,
    belowMinimum: choice.belowMinimum,
    assigned,
    findings: all,
    convergence,
    segmented,
  });
  await store.putJson('report.json', data);
  const report = resolve(options.report ?? reportFor(options.output));
  await writeReport({ zarr: output, runDirectory: store.directory, out: report, drawn });
  await logStep(store, 'report', reportStarted);
  const summary: RunSummary = {
    output,
    runDirectory: store.directory,
    report,
    method: assigned.method,
    cells: kept.length,
    transcripts: {
      input: slide.scan.rows,
      kept: slide.scan.kept,
      assigned: data.transcripts.assigned,
      controls: data.transcripts.controls,
      filtered: { ...slide.scan.filtered },
    },
    tiles: stage.busyTiles.length,
    seconds: (performance.now() - started) / 1000,
    warnings: all.filter(({ level }) => level === 'warning').map(({ message }) => message),
    digest,
    convergence:
      convergence === null
        ? null
        : { tiles: convergence.tiles, unsettled: convergence.unsettled, verdict: convergence.verdict },
    work: runWork(store, await readEvents(store), bytes),
  };
  await store.putJson(SUMMARY_FILE, summary);
  await logEvent(store, { type: 'finished' });
  return summary;
}

/** Cells with an outline and enough transcripts; the transcripts of the others count as background. */
async function chooseCells(
  { slide, regions, states }: AssignStage,
  outlines: OutlinedCells,
  minTranscripts: number,
): Promise<{ tally: SlideTally; kept: Uint32Array; belowMinimum: number }> {
  const isOutlined = flagsOf(outlines.cell, slide);
  const tally = await tallySlide(slide, regions, states, isOutlined);
  const kept = outlines.cell.filter((cell) => tally.transcripts[cell - 1] >= minTranscripts);
  if (kept.length === outlines.cell.length) return { tally, kept, belowMinimum: 0 };
  return {
    tally: await tallySlide(slide, regions, states, flagsOf(kept, slide)),
    kept,
    belowMinimum: outlines.cell.length - kept.length,
  };
}

/** 1 at the number of each of these cells. */
function flagsOf(cells: Uint32Array, slide: SlideContext): Uint8Array {
  const flags = new Uint8Array(slide.cells.priorId.length + 1);
  for (const cell of cells) flags[cell] = 1;
  return flags;
}

async function componentsOf({ slide, states, busyTiles }: AssignStage): Promise<Uint16Array> {
  const components = new Uint16Array(slide.cells.priorId.length);
  for (const tile of busyTiles) {
    const found = await states.cells(tile);
    found?.cell.forEach((cell, i) => {
      components[cell - 1] = found.component[i];
    });
  }
  return components;
}

/** The frame `global` is the pixel frame of the main image, when there is one. */
function micronsToGlobal(input: OpenedInput) {
  const image = input.bundle.images[0];
  return image === undefined ? IDENTITY : invertAffine(image.pixelToUm);
}

/** Provenance in the root attributes. No times, no paths, no number of workers: equal runs give equal bytes. */
function outputAttrs(
  identity: RunIdentity,
  input: OpenedInput,
  slide: SlideContext,
  assigned: AssignSummary,
): Record<string, unknown> {
  return {
    version: identity.spatile,
    config: identity.config,
    seed: identity.config.seed,
    inputs: identity.inputs,
    crop: identity.crop,
    platform: input.bundle.platform,
    platform_version: input.bundle.platformVersion,
    method: assigned.method,
    model_hash: assigned.model?.hash ?? null,
    transcripts: { input: slide.scan.rows, kept: slide.scan.kept, filtered: { ...slide.scan.filtered } },
    prior: slide.cells.origins,
    plan: {
      haloUm: slide.plan.haloUm,
      tiles: slide.plan.tiles.map(({ id, core }) => ({ id, core: [core.x0, core.y0, core.x1, core.y1] })),
    },
  };
}

/** Remarks of the correct stage. */
const correctFindings = (corrections: Corrections | null): Finding[] =>
  (corrections?.warnings ?? []).map((message) => ({ level: 'warning', code: 'REFERENCE', message }));

/** Remarks on what did not get into the output. */
function outputFindings(slide: SlideContext, kept: Uint32Array, nucleiDropped: number): Finding[] {
  const out: Finding[] = [];
  const prior = priorCells(slide);
  const cells = kept.filter((cell) => cell <= prior).length;
  if (kept.length > cells)
    out.push({
      level: 'info',
      code: 'OUTPUT_CELLS_DISCOVERED',
      message: `${kept.length - cells} of ${kept.length} cells were found where the prior has none`,
    });
  if (kept.length > 0 && cells < prior) {
    out.push({
      level: 'warning',
      code: 'OUTPUT_FEWER_CELLS',
      message: `${prior - cells} of ${prior} prior cells are not in the output: they have no outline by this method (or fewer than output.minTranscripts transcripts)`,
    });
  }
  if (kept.length === 0)
    out.push({
      level: 'warning',
      code: 'OUTPUT_NO_CELLS',
      message: `none of ${prior} prior cells got an outline; the output holds transcripts only`,
    });
  if (nucleiDropped > 0)
    out.push({
      level: 'info',
      code: 'OUTPUT_NUCLEI_DROPPED',
      message: `${nucleiDropped} nuclei enclose no area and are not in nucleus_boundaries`,
    });
  return out;
}
