import { existsSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import type { Finding } from '@spatile/formats/bundle/slide';
import { SpatileError } from '@spatile/formats/errors';
import { IDENTITY, invertAffine } from '@spatile/formats/space';
import { validateSpatialData } from '@spatile/formats/spatialdata/validate';
import type { RunOptions, RunSummary } from '../api.ts';
import { assignStage, runAssign } from '../assign/run-stage.ts';
import type { AssignStage, AssignSummary } from '../assign/stage.ts';
import { runOutline } from '../outline/round.ts';
import type { OutlinedCells } from '../output/cells.ts';
import { type SlideTally, tallySlide } from '../output/tally.ts';
import { writeOutput } from '../output/write.ts';
import { writeReport } from '../report/report.ts';
import { VERSION } from '../version.ts';
import { checkOutput, clearOutput, removeUnfinished, reportFor, runDirectoryFor } from './directory.ts';
import { logEvent, logStep } from './events.ts';
import { identityDifference, type RunIdentity, runIdentity } from './identity.ts';
import { openLog, type RunLog } from './log.ts';
import { type OpenedInput, openInput } from './open.ts';
import { partitionSlide, planSlide, scanSlide, storeScan, timed } from './prepare.ts';
import { reportData } from './report-data.ts';
import { RoundRunner, throwIfAborted } from './rounds.ts';
import type { SlideContext } from './slide.ts';
import { RunStore } from './store.ts';

const SUMMARY = 'summary.json';

/**
 * The whole job: opens the bundle, plans, partitions, assigns on worker processes, settles, writes the SpatialData Zarr and
 * the report. Whatever was committed before (mode `resume`) is not computed again. Errors: every class; see `errors.ts`.
 */
export async function runSlide(options: RunOptions): Promise<RunSummary> {
  const started = performance.now();
  const mode = await checkOutput(options);
  const progress = untilAborted(options.progress, options.signal);
  const input = await openInput(options.bundle, options.config, options.crop);
  const store = new RunStore(runDirectoryFor(options.output));
  // Scan and plan of a new run come before anything is written: bad input leaves nothing behind.
  const early = mode === 'resume' ? null : await scanSlide(input, options.config, null, progress);
  const scanned = {
    seconds: (performance.now() - started) / 1000,
    coordinatorRssBytes: process.memoryUsage.rss(),
  };
  const planned = early === null ? null : await planSlide(input, options.config, early);
  const identity = await runIdentity(options.config, input.inputs, cropFrame(input, options));
  throwIfAborted(options.signal);
  if (mode === 'overwrite') await clearOutput(options.output);
  await claimDirectory(store, identity, mode);
  const earlier = mode === 'resume' ? await finishedBefore(store, options) : null;
  if (earlier !== null) return earlier;
  if (mode === 'resume') await removeUnfinished(options.output);
  const { log, close } = openLog(store.path('spatile.log'));
  log.info({ version: VERSION, mode, workers: options.workers }, 'run begins');
  const runner = new RoundRunner({
    store,
    log,
    workers: options.workers,
    memoryBytes: options.config.plan.memoryPerWorker,
    order: options.taskOrder ?? 'heaviest',
    progress: options.progress,
    signal: options.signal,
  });
  try {
    if (early !== null) {
      await storeScan(store, early);
      await logEvent(store, { type: 'step', step: 'scan', ...scanned });
    }
    const { slide, findings } =
      planned ??
      (await planSlide(input, options.config, await scanSlide(input, options.config, store, progress)));
    throwIfAborted(options.signal);
    await partitionSlide(input, slide, store, progress);
    throwIfAborted(options.signal);
    const stage = await assignStage(slide, store, runner, options.progress);
    const assigned = await runAssign(stage);
    const outlines = await runOutline(stage);
    await runner.close();
    throwIfAborted(options.signal);
    const summary = await finish({
      options,
      input,
      identity,
      stage,
      assigned,
      outlines,
      findings: [...input.findings, ...findings],
      log,
      started,
    });
    log.info({ digest: summary.digest, seconds: summary.seconds }, 'run finished');
    return summary;
  } catch (error) {
    log.error(
      { error: error instanceof Error ? { message: error.message, stack: error.stack } : error },
      'run failed',
    );
    throw error;
  } finally {
    await runner.close();
    close();
  }
}

/** Writes the identity of a new run, or checks that a run to be resumed is this one. */
async function claimDirectory(
  store: RunStore,
  identity: RunIdentity,
  mode: RunOptions['mode'],
): Promise<void> {
  if (mode === 'resume') {
    const difference = identityDifference(await store.readJson<RunIdentity>('run.json'), identity);
    if (difference !== null) {
      throw new SpatileError(
        'RUN_MISMATCH',
        `${basename(store.directory)}: belongs to another run (${difference}); repeat the command with the same input and configuration or start again with --overwrite`,
      );
    }
    await logEvent(store, { type: 'resumed' });
    return;
  }
  await store.create();
  await store.putJson('run.json', identity);
}

/** How the selection was read: part of what a run is, since the file alone does not say its unit. */
function cropFrame(input: OpenedInput, { crop }: RunOptions): RunIdentity['crop'] {
  return crop === null
    ? null
    : { unit: crop.unit, pixelSizeUm: crop.unit === 'px' ? input.bundle.pixelSizeUm : null };
}

/**
 * Progress of a step that streams over all transcripts: ends the step at the next batch when the run is interrupted. Not
 * for rounds, which end by themselves and report from where nothing may be thrown.
 */
function untilAborted(progress: RunOptions['progress'], signal: AbortSignal): RunOptions['progress'] {
  return (event) => {
    if (event.kind === 'advance') throwIfAborted(signal);
    progress(event);
  };
}

/** The summary of a run that had already finished, output and all, when it was resumed. */
async function finishedBefore(store: RunStore, options: RunOptions): Promise<RunSummary | null> {
  if (!(await store.has(SUMMARY))) return null;
  if (!existsSync(join(options.output, 'zarr.json'))) return null;
  return {
    ...(await store.readJson<RunSummary>(SUMMARY)),
    output: options.output,
    runDirectory: store.directory,
  };
}

interface FinishInput {
  options: RunOptions;
  input: OpenedInput;
  identity: RunIdentity;
  stage: AssignStage;
  assigned: AssignSummary;
  outlines: OutlinedCells;
  findings: Finding[];
  log: RunLog;
  started: number;
}

async function finish({
  options,
  input,
  identity,
  stage,
  assigned,
  outlines,
  findings,
  started,
}: FinishInput): Promise<RunSummary> {
  const { slide, regions, states, store } = stage;
  const progress = untilAborted(options.progress, options.signal);
  const output = resolve(options.output);
  const tallyStarted = performance.now();
  const choice = await chooseCells(stage, outlines, options.config.output.minTranscripts);
  const { tally, kept } = choice;
  const components = await componentsOf(stage);
  await logStep(store, 'tally', tallyStarted);
  const writeStarted = performance.now();
  const { digest, nucleiDropped } = await timed(
    progress,
    'write',
    'writing the SpatialData Zarr',
    slide.scan.kept,
    (onRows) =>
      writeOutput({
        path: output,
        slide,
        regions,
        states,
        outlines,
        tally,
        kept,
        components,
        images: options.config.output.images === 'copy' ? input.bundle.images : [],
        pixelSizeUm: input.bundle.pixelSizeUm,
        micronsToGlobal: micronsToGlobal(input),
        attrs: outputAttrs(identity, input, slide, assigned),
        hasQv: input.bundle.transcripts.has.qv,
        onRows,
      }),
  );
  await logStep(store, 'write', writeStarted);
  const problems = await validateSpatialData(output);
  const all = [...findings, ...problems, ...outputFindings(slide, kept.length, nucleiDropped)];
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
  });
  await store.putJson('report.json', data);
  const report = resolve(options.report ?? reportFor(options.output));
  await writeReport({ zarr: output, runDirectory: store.directory, out: report });
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
  };
  await store.putJson(SUMMARY, summary);
  await logEvent(store, { type: 'finished' });
  return summary;
}

/** Cells with an outline and enough transcripts; the transcripts of the others count as background. */
async function chooseCells(
  { slide, regions, states }: AssignStage,
  outlines: OutlinedCells,
  minTranscripts: number,
): Promise<{ tally: SlideTally; kept: Uint32Array; belowMinimum: number }> {
  const outlined = new Set(outlines.cell);
  const tally = await tallySlide(slide, regions, states, (cell) => outlined.has(cell));
  const kept = outlines.cell.filter((cell) => tally.transcripts[cell - 1] >= minTranscripts);
  if (kept.length === outlines.cell.length) return { tally, kept, belowMinimum: 0 };
  const chosen = new Set(kept);
  return {
    tally: await tallySlide(slide, regions, states, (cell) => chosen.has(cell)),
    kept,
    belowMinimum: outlines.cell.length - kept.length,
  };
}

async function componentsOf({ slide, states, busyTiles }: AssignStage): Promise<Uint16Array> {
  const components = new Uint16Array(slide.cells.priorId.length);
  for (const tile of busyTiles) {
    const entry = await states.read(tile);
    entry?.state.cells.cell.forEach((cell, i) => {
      components[cell - 1] = entry.state.cells.component[i];
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

function outputFindings(slide: SlideContext, cells: number, nucleiDropped: number): Finding[] {
  const out: Finding[] = [];
  if (cells === 0)
    out.push({
      level: 'warning',
      code: 'OUTPUT_NO_CELLS',
      message: `none of ${slide.cells.priorId.length} prior cells got an outline; the output holds transcripts only`,
    });
  if (nucleiDropped > 0)
    out.push({
      level: 'info',
      code: 'OUTPUT_NUCLEI_DROPPED',
      message: `${nucleiDropped} nuclei enclose no area and are not in nucleus_boundaries`,
    });
  return out;
}
