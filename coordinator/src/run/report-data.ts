import type { Finding } from '@spatile/formats/bundle/slide';
import type { RunOptions } from '../api.ts';
import { ASSIGN_ROUND } from '../assign/geometric.ts';
import type { AssignSummary } from '../assign/stage.ts';
import { priorCells } from '../cells/discovered.ts';
import type { OutlinedCells } from '../output/cells.ts';
import type { SlideTally } from '../output/tally.ts';
import type { Convergence } from '../report/convergence.ts';
import type { RunReportData } from '../report/data.ts';
import { segmentReport } from '../report/segment-data.ts';
import type { Segmented } from '../segment/round.ts';
import { VERSION } from '../version.ts';
import { readEvents } from './events.ts';
import type { OpenedInput } from './open.ts';
import type { SlideContext } from './slide.ts';
import type { RunStore } from './store.ts';

export interface ReportSources {
  options: RunOptions;
  input: OpenedInput;
  slide: SlideContext;
  store: RunStore;
  tally: SlideTally;
  outlines: OutlinedCells;
  kept: number;
  belowMinimum: number;
  assigned: AssignSummary;
  findings: Finding[];
  convergence: Convergence | null;
  segmented: Segmented | null;
}

/** Gathers what the report shows beside the Zarr. */
export async function reportData(sources: ReportSources): Promise<RunReportData> {
  const { options, input, slide, store, tally, outlines, assigned } = sources;
  const events = await readEvents(store);
  const tasks = new Map(
    events.flatMap((event) =>
      event.type === 'task' && event.round === ASSIGN_ROUND ? [[event.tile, event] as const] : [],
    ),
  );
  const diagnostics = new Map(assigned.diagnostics.map(({ tile, values }) => [tile, values]));
  const { genes } = slide.features;
  const sum = (values: Float64Array): number => values.reduce((a, b) => a + b, 0);
  const anyVendor = slide.cells.fromBundle && slide.scan.cellIds.length > 0;
  return {
    version: VERSION,
    name: input.bundle.name,
    platform: input.bundle.platform,
    platformVersion: input.bundle.platformVersion,
    method: assigned.method,
    seed: options.config.seed,
    workers: options.workers,
    transcripts: {
      input: slide.scan.rows,
      kept: slide.scan.kept,
      genes: sum(tally.keptByFeature.subarray(0, genes)),
      assigned: sum(tally.assignedByFeature.subarray(0, genes)),
      controls: sum(tally.keptByFeature.subarray(genes)),
      filtered: { ...slide.scan.filtered },
    },
    cells: {
      prior: priorCells(slide),
      written: sources.kept,
      withoutOutline: slide.cells.priorId.length - outlines.cell.length,
      belowMinimum: sources.belowMinimum,
      origins: slide.cells.origins,
    },
    extent: slide.plan.extent,
    haloUm: slide.plan.haloUm,
    tiles: slide.plan.tiles.map((tile, i) => {
      const task = tasks.get(tile.id);
      const { transcripts, assigned: n, probabilitySum } = tally.tiles[i];
      return {
        id: tile.id,
        core: tile.core,
        transcripts,
        cells: tile.cells,
        assigned: n,
        confidence: n === 0 ? 0 : probabilitySum / n,
        seconds: task?.seconds ?? 0,
        cpuSeconds: task?.cpuSeconds ?? 0,
        peakRssBytes: task?.peakRssBytes ?? 0,
        diagnostics: diagnostics.get(tile.id) ?? {},
      };
    }),
    steps: events.flatMap((event) =>
      event.type === 'step'
        ? [{ step: event.step, seconds: event.seconds, coordinatorRssBytes: event.coordinatorRssBytes }]
        : [],
    ),
    workersLost: events.filter((event) => event.type === 'worker-lost').length,
    vendor: anyVendor ? tally.vendorComparison : null,
    model: assigned.model,
    border: { units: assigned.borderUnits, phases: assigned.borderPhases },
    segment: segmentReport(sources.segmented),
    findings: sources.findings,
    convergence: sources.convergence,
    config: options.config,
  };
}
