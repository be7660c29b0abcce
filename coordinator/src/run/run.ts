import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { SpatileError } from '@spatile/formats/errors';
import type { RunOptions, RunSummary } from '../api.ts';
import { isModelFitted } from '../assign/proseg-stage.ts';
import { assignStage, runAssign } from '../assign/run-stage.ts';
import type { AssignStage } from '../assign/stage.ts';
import { isCorrecting, referenceInputs, slideReference } from '../correct/run-stage.ts';
import { runOutline } from '../outline/round.ts';
import { EarlyWork } from '../output/early-points.ts';
import { openSegmentStage, segmentInputs, segmentRun } from '../segment/stage.ts';
import { threadedDecoder } from '../threads/decoder.ts';
import { ThreadPool } from '../threads/pool.ts';
import { VERSION } from '../version.ts';
import { checkOutput, LOCK_FILE, removeUnfinished, runDirectoryFor } from './directory.ts';
import { logEvent, logResumed } from './events.ts';
import { finishRun, SUMMARY_FILE } from './finish.ts';
import { identityDifference, type RunIdentity, runIdentity } from './identity.ts';
import { throwIfAborted, untilAborted } from './interrupt.ts';
import type { Lock } from './lock.ts';
import { openLog } from './log.ts';
import { type OpenedInput, openInput } from './open.ts';
import { partitionSlide, planSlide, scanSlide, storeScan } from './prepare.ts';
import { inRevisions } from './revision.ts';
import { RoundRunner } from './rounds.ts';
import { clearLocked, runLock, TakeOver, takeRunLock } from './run-lock.ts';
import { RunTrace } from './run-trace.ts';
import { RunStore } from './store.ts';
import { TaskWatch } from './task-watch.ts';

/**
 * The whole job: opens the bundle, plans, partitions, assigns on worker processes, settles, writes the SpatialData Zarr and
 * the report. Whatever was committed before (mode `resume`) is not computed again. Errors: every class; see `errors.ts`.
 */
export async function runSlide(options: RunOptions): Promise<RunSummary> {
  const lock = runLock(options.output);
  const trace = await RunTrace.open(options);
  const threads = new ThreadPool(options.workers - 1);
  const progress: RunOptions['progress'] = (event) => {
    trace.hear(event);
    options.progress(event);
  };
  const takeOver = new TakeOver(lock, options.signal);
  try {
    const settings = { ...options, progress, signal: takeOver.signal };
    const summary = await wholeRun(settings, lock, trace, threads);
    await trace.close();
    return summary;
  } catch (cause) {
    const error = takeOver.explain(cause);
    await trace.close(error);
    throw error;
  } finally {
    takeOver.end();
    await threads.close();
    lock.release();
  }
}

async function wholeRun(
  options: RunOptions,
  lock: Lock,
  trace: RunTrace,
  threads: ThreadPool,
): Promise<RunSummary> {
  const started = performance.now();
  const mode = await checkOutput(options);
  if (options.mode === 'resume' && mode === 'new') {
    options.progress({
      kind: 'warning',
      message: `${basename(options.output)}: nothing was stored of an earlier run, so this one starts from the beginning`,
    });
  }
  const progress = untilAborted(options.progress, options.signal);
  // They load while the bundle is opened; a resumed run may have nothing for them to do.
  if (mode !== 'resume') threads.warmUp();
  const input = await openInput(options.bundle, options.config, options.crop);
  const decoder = threadedDecoder(threads);
  const identified = identityOf(input, options, threads);
  const store = new RunStore(runDirectoryFor(options.output));
  // Scan and plan of a new run come before anything is written: bad input leaves nothing behind.
  const early = mode === 'resume' ? null : await scanSlide(input, options.config, null, progress, decoder);
  const scanned = {
    seconds: (performance.now() - started) / 1000,
    coordinatorRssBytes: process.memoryUsage.rss(),
  };
  const segmenting = early === null ? null : await openSegmentStage(input, options.config, early);
  const planned =
    early === null || segmenting !== null ? null : await planSlide(input, options.config, early);
  const known = early === null ? null : await slideReference(options.config, early);
  const identity = await identified;
  throwIfAborted(options.signal);
  if (mode === 'overwrite') await clearLocked(options.output, lock);
  await claimDirectory(store, identity, mode, lock);
  if (mode === 'resume') await store.removeUnfinished(LOCK_FILE);
  const earlier = mode === 'resume' ? await finishedBefore(store, options) : null;
  if (earlier !== null) return earlier;
  if (mode === 'resume') await removeUnfinished(options.output);
  const cluster = options.cluster
    ? await (await import('../cluster/open.ts')).openCluster(options.cluster, store, trace.tracer)
    : undefined;
  const run = cluster?.run ?? basename(store.directory, '.run');
  const { log, close } = openLog(store.path('spatile.log'), { run });
  log.info({ version: VERSION, mode, workers: options.workers }, 'run begins');
  const newRunner = (): RoundRunner =>
    new RoundRunner({
      store,
      cluster,
      log,
      workers: options.workers,
      memoryBytes: options.config.plan.memoryPerWorker,
      order: options.taskOrder ?? 'heaviest',
      progress: options.progress,
      watch:
        options.tasks || trace.tracer.on
          ? new TaskWatch(options.tasks ?? (() => undefined), trace.tracer.on ? trace : null)
          : undefined,
      signal: options.signal,
    });
  let runner = newRunner();
  try {
    if (early !== null) {
      await storeScan(store, early);
      await logEvent(store, { type: 'step', step: 'scan', ...scanned });
    }
    const scan = early ?? (await scanSlide(input, options.config, store, progress, decoder));
    const segmented = await segmentRun(
      planned !== null ? null : (segmenting ?? (await openSegmentStage(input, options.config, scan))),
      { config: options.config, store, runner },
    );
    const reference = known ?? (await slideReference(options.config, scan));
    const summary = await inRevisions(store, options, async (config, revisions) => {
      const { slide, findings } =
        (config === options.config ? planned : null) ??
        (await planSlide(input, config, scan, segmented?.priors ?? null));
      throwIfAborted(options.signal);
      // A resumed run may have nothing left for them to do.
      if (mode !== 'resume') runner.warmUp();
      let early: EarlyWork | null = null;
      try {
        await partitionSlide(input, slide, store, progress, decoder);
        throwIfAborted(options.signal);
        const stage = await assignStage(slide, store, runner, threads, options.progress);
        early = beginEarly(stage, input, options);
        const assigned = await runAssign(stage);
        const outlines = await runOutline(stage);
        if (!isCorrecting(config)) await runner.close();
        throwIfAborted(options.signal);
        return await finishRun({
          options: { ...options, config },
          input,
          identity: { ...identity, config: { ...identity.config, plan: config.plan } },
          stage,
          assigned,
          outlines,
          early,
          reference,
          segmented: segmented?.result ?? null,
          findings: [...input.findings, ...(segmented?.findings ?? []), ...findings, ...revisions],
          started,
        });
      } finally {
        await runner.close();
        await early?.close();
        runner = newRunner();
      }
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

/**
 * Begins what can be written of the output before cells are known; null where one worker is all that may be busy. A coordinator of
 * a cluster does it while few tasks are about, that is until the model of `proseg` is fitted.
 */
function beginEarly(stage: AssignStage, input: OpenedInput, { cluster }: RunOptions): EarlyWork | null {
  if (stage.threads.size === 0) return null;
  const hasQv = input.bundle.transcripts.has.qv;
  if (!cluster) return new EarlyWork(stage, hasQv, async () => true);
  if (stage.slide.config.assign.method !== 'proseg') return null;
  return new EarlyWork(stage, hasQv, async () => !(await isModelFitted(stage)));
}

/**
 * Locks the run directory, and writes the identity of a new run or checks that a run to be resumed is this one.
 * Errors: `OUTPUT_EXISTS` when another process works on it, `RUN_MISMATCH`, `OUTPUT_UNWRITABLE`, `DISK_FULL`.
 */
export async function claimDirectory(
  store: RunStore,
  identity: RunIdentity,
  mode: RunOptions['mode'],
  lock: Lock,
): Promise<void> {
  await store.create();
  takeRunLock(lock);
  if (mode === 'resume') {
    const difference = identityDifference(await store.readJson<RunIdentity>('run.json'), identity);
    if (difference !== null) {
      throw new SpatileError(
        'RUN_MISMATCH',
        `${basename(store.directory)}: belongs to another run (${difference}); repeat the command with the same input and configuration or start again with --overwrite`,
      );
    }
    await logResumed(store);
    return;
  }
  await store.putJson('run.json', identity);
}

/** The identity of the run, made while the transcripts are scanned; it rejects where it is waited for. */
function identityOf(input: OpenedInput, options: RunOptions, threads: ThreadPool): Promise<RunIdentity> {
  const { config } = options;
  const made = (async () => {
    const inputs = [...input.inputs, ...referenceInputs(config), ...(await segmentInputs(config))];
    return runIdentity(config, inputs, cropFrame(input, options), (path) => threads.run('digest', { path }));
  })();
  made.catch(() => undefined);
  return made;
}

/** How the selection was read: part of what a run is, since the file alone does not say its unit. */
function cropFrame(input: OpenedInput, { crop }: RunOptions): RunIdentity['crop'] {
  return crop === null
    ? null
    : { unit: crop.unit, pixelSizeUm: crop.unit === 'px' ? input.bundle.pixelSizeUm : null };
}

/** The summary of a run that had already finished, output and all, when it was resumed. */
async function finishedBefore(store: RunStore, options: RunOptions): Promise<RunSummary | null> {
  if (!(await store.has(SUMMARY_FILE))) return null;
  if (!existsSync(join(options.output, 'zarr.json'))) return null;
  return {
    ...(await store.readJson<RunSummary>(SUMMARY_FILE)),
    output: options.output,
    runDirectory: store.directory,
  };
}
