import type { evaluateResult, formatEvaluation } from '@spatile/instrument/judge/evaluate';
import type { simulateSlide } from '@spatile/instrument/simulate/simulate';
import type { writeReport } from '../report/report.ts';
import type { inspectSlide } from '../run/inspect.ts';
import type { runSlide } from '../run/run.ts';
import type { readStatus } from '../run/status.ts';
import type { recomputeTile } from '../run/tile.ts';

/** What the verbs call. Tests inject their own; `services` loads the real ones on first use. */
export interface Services {
  runSlide: typeof runSlide;
  inspectSlide: typeof inspectSlide;
  recomputeTile: typeof recomputeTile;
  readStatus: typeof readStatus;
  writeReport: typeof writeReport;
  simulateSlide: typeof simulateSlide;
  evaluateResult: typeof evaluateResult;
  formatEvaluation: typeof formatEvaluation;
}

/** Loads one service with its libraries; only verbs that need it pay for it, so that `--help` is quick. */
export type LoadService = <Name extends keyof Services>(name: Name) => Promise<Services[Name]>;

const loaders: { [Name in keyof Services]: () => Promise<Services[Name]> } = {
  runSlide: async () => (await import('../run/run.ts')).runSlide,
  inspectSlide: async () => (await import('../run/inspect.ts')).inspectSlide,
  recomputeTile: async () => (await import('../run/tile.ts')).recomputeTile,
  readStatus: async () => (await import('../run/status.ts')).readStatus,
  writeReport: async () => (await import('../report/report.ts')).writeReport,
  simulateSlide: async () => (await import('@spatile/instrument/simulate/simulate')).simulateSlide,
  evaluateResult: async () => (await import('@spatile/instrument/judge/evaluate')).evaluateResult,
  formatEvaluation: async () => (await import('@spatile/instrument/judge/evaluate')).formatEvaluation,
};

export const loadService: LoadService = (name) => loaders[name]();
