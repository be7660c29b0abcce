import type { Finding, PriorSource } from '@spatile/formats/bundle/slide';
import type { RunConfig } from '@spatile/formats/config/schema';
import { dieAt } from '@spatile/formats/failpoint';
import type { RowGroupDecoder } from '@spatile/formats/parquet/row-groups';
import { decodeFrame, encodeFrame } from '@spatile/formats/tile/frame';
import type { ProgressEvent } from '../api.ts';
import { CELLS, CELLS_FILE, cellTableFrame, cellTableFrom } from '../cells/store.ts';
import { buildCellTable } from '../cells/table.ts';
import { partitionTranscripts } from '../partition/partition.ts';
import { makePlan } from '../plan/make.ts';
import { latticeFor, type TilePlan } from '../plan/plan.ts';
import { type Scan, scanTranscripts } from '../scan/scan.ts';
import { SCAN, SCAN_FILE, scanFrame, scanFrom } from '../scan/store.ts';
import { logStep } from './events.ts';
import type { RunIdentity } from './identity.ts';
import type { OpenedInput } from './open.ts';
import { cellIndexFromScan, type SlideContext, slideContext } from './slide.ts';
import type { RunStore } from './store.ts';

const PARTITION_MANIFEST = 'partition/manifest.json';
export const PLAN_FILE = 'plan.json';

type Progress = (event: ProgressEvent) => void;

/** Scan, cells and plan of an opened input: a pure function of input and configuration. `segmented`: cells found in the images. */
export async function planSlide(
  input: OpenedInput,
  config: RunConfig,
  scan: Scan,
  segmented: readonly PriorSource[] | null = null,
): Promise<{ slide: SlideContext; findings: Finding[] }> {
  const { bundle, prior, rules } = input;
  const cells = await buildCellTable(bundle, prior, scan, config.prior, rules.contains, segmented);
  const { plan, findings } = makePlan(input.bundle.name, scan, cells, config);
  const priors = input.prior === null ? input.bundle.priors : [input.prior];
  return {
    slide: slideContext(config, scan, cells, plan),
    findings: [...priors.flatMap((prior) => prior.findings), ...findings],
  };
}

/** One pass over the transcripts, or what an earlier attempt of this run stored of it. */
export async function scanSlide(
  input: OpenedInput,
  config: RunConfig,
  store: RunStore | null,
  progress: Progress,
  decoder: RowGroupDecoder | null = null,
): Promise<Scan> {
  if (store !== null && (await store.has(SCAN_FILE))) return storedScan(store);
  const { voxelUm, coarseFactor } = config.assign.proseg;
  const scan = await timed(
    progress,
    'scan',
    'reading transcripts',
    input.bundle.transcripts.rowCount,
    (onRows) =>
      scanTranscripts(input.bundle, input.rules, latticeFor(voxelUm, coarseFactor), onRows, decoder),
  );
  if (store !== null) await storeScan(store, scan);
  return scan;
}

/** The scan of a run directory. Errors: `RUN_CORRUPT` when it is missing or damaged. */
export const storedScan = async (store: RunStore): Promise<Scan> =>
  scanFrom(decodeFrame(await store.read(SCAN_FILE), SCAN, SCAN_FILE));

export async function storeScan(store: RunStore, scan: Scan): Promise<void> {
  await store.put(SCAN_FILE, encodeFrame(scanFrame(scan)));
}

/** Stores the plan and partitions the transcripts, unless that was done before. */
export async function partitionSlide(
  input: OpenedInput,
  slide: SlideContext,
  store: RunStore,
  progress: Progress,
  decoder: RowGroupDecoder | null = null,
): Promise<void> {
  await store.putJson(PLAN_FILE, slide.plan);
  await store.put(CELLS_FILE, encodeFrame(cellTableFrame(slide.cells)));
  if (await store.has(PARTITION_MANIFEST)) return;
  const started = performance.now();
  await timed(progress, 'partition', 'partitioning transcripts into tiles', slide.scan.rows, (onRows) =>
    partitionTranscripts(
      store,
      {
        bundle: input.bundle,
        rules: input.rules,
        plan: slide.plan,
        owner: slide.owner,
        featureIndex: slide.features.fromScan,
        cellIndex: cellIndexFromScan(slide.scan, slide.cells),
        decoder,
      },
      onRows,
    ),
  );
  await logStep(store, 'partition', started);
}

/** Runs a step over rows with progress events around it. */
export async function timed<T>(
  progress: Progress,
  step: string,
  label: string,
  total: number | null,
  work: (onRows: (rows: number) => void) => Promise<T>,
): Promise<T> {
  progress({ kind: 'step', step, label, total, unit: 'transcripts' });
  const started = performance.now();
  const result = await work((rows) => {
    dieAt('coordinator.rows', step);
    progress({ kind: 'advance', step, done: rows, transcripts: rows });
  });
  progress({ kind: 'step-end', step, seconds: (performance.now() - started) / 1000 });
  return result;
}

/** The slide of a partitioned run directory, without its bundle. Errors: `RUN_CORRUPT` when a file is missing or damaged. */
export async function storedSlide(store: RunStore): Promise<SlideContext> {
  const { config } = await store.readJson<RunIdentity>('run.json');
  const scan = await storedScan(store);
  const cells = cellTableFrom(decodeFrame(await store.read(CELLS_FILE), CELLS, CELLS_FILE));
  return slideContext(config, scan, cells, await store.readJson<TilePlan>(PLAN_FILE));
}
