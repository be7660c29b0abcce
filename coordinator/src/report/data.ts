import type { Finding } from '@spatile/formats/bundle/slide';
import type { RectUm } from '@spatile/formats/space';
import type { AssignSummary } from '../assign/stage.ts';
import type { VendorComparison } from '../output/tally.ts';
import type { Convergence } from './convergence.ts';
import type { SegmentReport } from './segment-data.ts';

/** What a run knows beside its Zarr and the report shows: `report.json` in the run directory. Times live here and nowhere else. */
export interface RunReportData {
  version: string;
  name: string;
  platform: string;
  platformVersion: string | null;
  method: string;
  seed: number;
  workers: number;
  transcripts: {
    input: number;
    kept: number;
    assigned: number;
    genes: number;
    controls: number;
    filtered: Record<string, number>;
  };
  cells: { prior: number; written: number; withoutOutline: number; belowMinimum: number; origins: string[] };
  extent: RectUm;
  haloUm: number;
  tiles: {
    id: string;
    core: RectUm;
    transcripts: number;
    cells: number;
    assigned: number;
    /** Mean probability of the assigned transcripts; 0 without any. */
    confidence: number;
    /** Wall and processor seconds of the assign round on its worker; 0 for tiles that were not scheduled. */
    seconds: number;
    cpuSeconds: number;
    peakRssBytes: number;
    diagnostics: Record<string, number>;
  }[];
  steps: { step: string; seconds: number; coordinatorRssBytes: number }[];
  workersLost: number;
  vendor: VendorComparison | null;
  model: AssignSummary['model'];
  border: { units: number; phases: number };
  /** Null for methods without chains. */
  convergence: Convergence | null;
  /** Null or absent for a run that went by a prior segmentation. */
  segment?: SegmentReport | null;
  findings: Finding[];
  /** Resolved configuration. */
  config: unknown;
}
