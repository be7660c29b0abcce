import type { judgeExclusive } from '@spatile/instrument/judge/corrections/exclusive';
import type { formatExclusive, formatSpill } from '@spatile/instrument/judge/corrections/format';
import type { correctedLayers } from '@spatile/instrument/judge/corrections/layers';
import type { judgeSpill } from '@spatile/instrument/judge/corrections/spill';
import type { evaluateInDetail } from '@spatile/instrument/judge/evaluate';
import type { formatEvaluations } from '@spatile/instrument/judge/format';
import type { evaluateByMarkers } from '@spatile/instrument/judge/markers/evaluate-markers';
import type { formatMarkers } from '@spatile/instrument/judge/markers/format-markers';
import type { readMarkers, readReference } from '@spatile/instrument/judge/markers/read-markers';
import type { openResult } from '@spatile/instrument/judge/read/open-result';
import type { loadTruth } from '@spatile/instrument/judge/truth';
import type { simulateSlide } from '@spatile/instrument/simulate/simulate';
import type { correctStore } from '../correct/store.ts';
import type { writeEvaluationReport } from '../report/evaluation/write.ts';
import type { writeReport } from '../report/report.ts';
import type { inspectSlide } from '../run/inspect.ts';
import type { runSlide } from '../run/run.ts';
import type { readStatus } from '../run/status.ts';
import type { recomputeTile } from '../run/tile.ts';
import type { ServerClient } from '../serve/client.ts';
import type { serveRuns } from '../serve/serve.ts';

/** What the verbs call. Tests inject their own; `services` loads the real ones on first use. */
export interface Services {
  serveRuns: typeof serveRuns;
  openServer: typeof ServerClient.open;
  runSlide: typeof runSlide;
  correctStore: typeof correctStore;
  inspectSlide: typeof inspectSlide;
  recomputeTile: typeof recomputeTile;
  readStatus: typeof readStatus;
  writeReport: typeof writeReport;
  simulateSlide: typeof simulateSlide;
  openResult: typeof openResult;
  loadTruth: typeof loadTruth;
  evaluateInDetail: typeof evaluateInDetail;
  formatEvaluations: typeof formatEvaluations;
  correctedLayers: typeof correctedLayers;
  judgeSpill: typeof judgeSpill;
  judgeExclusive: typeof judgeExclusive;
  formatSpill: typeof formatSpill;
  formatExclusive: typeof formatExclusive;
  readMarkers: typeof readMarkers;
  readReference: typeof readReference;
  evaluateByMarkers: typeof evaluateByMarkers;
  formatMarkers: typeof formatMarkers;
  writeEvaluationReport: typeof writeEvaluationReport;
}

/** Loads one service with its libraries; only verbs that need it pay for it, so that `--help` is quick. */
export type LoadService = <Name extends keyof Services>(name: Name) => Promise<Services[Name]>;

const loaders: { [Name in keyof Services]: () => Promise<Services[Name]> } = {
  serveRuns: async () => (await import('../serve/serve.ts')).serveRuns,
  openServer: async () => (await import('../serve/client.ts')).ServerClient.open,
  runSlide: async () => (await import('../run/run.ts')).runSlide,
  correctStore: async () => (await import('../correct/store.ts')).correctStore,
  inspectSlide: async () => (await import('../run/inspect.ts')).inspectSlide,
  recomputeTile: async () => (await import('../run/tile.ts')).recomputeTile,
  readStatus: async () => (await import('../run/status.ts')).readStatus,
  writeReport: async () => (await import('../report/report.ts')).writeReport,
  simulateSlide: async () => (await import('@spatile/instrument/simulate/simulate')).simulateSlide,
  openResult: async () => (await import('@spatile/instrument/judge/read/open-result')).openResult,
  loadTruth: async () => (await import('@spatile/instrument/judge/truth')).loadTruth,
  evaluateInDetail: async () => (await import('@spatile/instrument/judge/evaluate')).evaluateInDetail,
  correctedLayers: async () => (await import('@spatile/instrument/judge/corrections/layers')).correctedLayers,
  judgeSpill: async () => (await import('@spatile/instrument/judge/corrections/spill')).judgeSpill,
  judgeExclusive: async () =>
    (await import('@spatile/instrument/judge/corrections/exclusive')).judgeExclusive,
  formatSpill: async () => (await import('@spatile/instrument/judge/corrections/format')).formatSpill,
  formatExclusive: async () => (await import('@spatile/instrument/judge/corrections/format')).formatExclusive,
  formatEvaluations: async () => (await import('@spatile/instrument/judge/format')).formatEvaluations,
  readMarkers: async () => (await import('@spatile/instrument/judge/markers/read-markers')).readMarkers,
  readReference: async () => (await import('@spatile/instrument/judge/markers/read-markers')).readReference,
  evaluateByMarkers: async () =>
    (await import('@spatile/instrument/judge/markers/evaluate-markers')).evaluateByMarkers,
  formatMarkers: async () => (await import('@spatile/instrument/judge/markers/format-markers')).formatMarkers,
  writeEvaluationReport: async () => (await import('../report/evaluation/write.ts')).writeEvaluationReport,
};

export const loadService: LoadService = (name) => loaders[name]();
