import type { Finding } from '@spatile/formats/bundle/slide';
import { ASSIGN_RESULT } from '@spatile/formats/tile/assign';
import { SAMPLED_PIECE, sampledIn } from '@spatile/formats/tile/parts';
import { ASSIGN_ROUND } from '../assign/geometric.ts';
import type { AssignSummary } from '../assign/stage.ts';
import { StoredPieces } from '../run/pieces.ts';
import { resultName } from '../run/rounds.ts';
import type { RunStore } from '../run/store.ts';

/** Whether the chains of a run's tiles have settled, and traces of those that did least. */
export interface Convergence {
  /** Tiles with a chain. */
  tiles: number;
  /** Ids of the tiles that have not settled, the worst first. */
  unsettled: string[];
  /** One sentence. */
  verdict: string;
  /** Of the tiles that drift most, the worst first. */
  traces: TileTrace[];
}

export interface TileTrace {
  tile: string;
  iteration: number[];
  phase: number[];
  logLikelihood: number[];
  foreground: number[];
  labelAcceptance: number[];
}

/** Change between the halves of the recorded samples that matters: of the log likelihood of a transcript (nats), and in proportion of the transcripts assigned. */
const LIKELIHOOD_DRIFT = 0.02;
const FOREGROUND_DRIFT = 0.01;
/** Split R-hat above which a drift is more than noise. */
const R_HAT = 1.1;
const MOST_TRACES = 6;

type Diagnostics = AssignSummary['diagnostics'];

/** A tile's drift in units of what matters: above 1 it has not settled. Drifts that are within the noise of the chain count as 0. */
export function driftOf(values: Record<string, number>): number {
  const likelihood = values.rHatLogLikelihood > R_HAT ? Math.abs(values.logLikelihoodDrift) : 0;
  const foreground = values.rHatForeground > R_HAT ? Math.abs(values.foregroundDrift) : 0;
  return Math.max(likelihood / LIKELIHOOD_DRIFT, foreground / FOREGROUND_DRIFT);
}

/** Judges the tiles of a run by what their workers said; null for methods without chains. Errors: those of the run directory. */
export async function judgeConvergence(
  store: RunStore,
  diagnostics: Diagnostics,
): Promise<Convergence | null> {
  const judged = diagnostics
    .filter(({ values }) => values.rHatLogLikelihood !== undefined && values.transcripts > 0)
    .map(({ tile, values }) => ({ tile, drift: driftOf(values) }))
    .sort((a, b) => b.drift - a.drift || (a.tile < b.tile ? -1 : 1));
  if (judged.length === 0) return null;
  const unsettled = judged.filter(({ drift }) => drift > 1).map(({ tile }) => tile);
  const traces: TileTrace[] = [];
  for (const { tile } of judged.slice(0, MOST_TRACES)) {
    const trace = await traceOf(store, tile);
    if (trace !== null) traces.push(trace);
  }
  return { tiles: judged.length, unsettled, verdict: verdictOf(judged.length, unsettled.length), traces };
}

function verdictOf(tiles: number, unsettled: number): string {
  if (unsettled > 0)
    return `${unsettled} of ${tiles} tiles ${unsettled === 1 ? 'has' : 'have'} not settled: raise assign.proseg.schedule.fineIterations`;
  return tiles === 1 ? 'the tile has settled' : `all ${tiles} tiles have settled`;
}

async function traceOf(store: RunStore, tile: string): Promise<TileTrace | null> {
  const name = resultName(ASSIGN_ROUND, tile);
  if (!(await store.has(name))) return null;
  const { frame, as } = await new StoredPieces(store, ASSIGN_RESULT).one(name, SAMPLED_PIECE);
  const { trace } = sampledIn(frame, as);
  if (trace === undefined) return null;
  return {
    tile,
    iteration: [...trace.iteration],
    phase: [...trace.phase],
    logLikelihood: [...trace.logLikelihood],
    foreground: [...trace.foreground],
    labelAcceptance: [...trace.labelAcceptance],
  };
}

/** A warning when tiles have not settled. */
export function convergenceFindings(convergence: Convergence | null): Finding[] {
  if (convergence === null || convergence.unsettled.length === 0) return [];
  const { verdict, unsettled } = convergence;
  return [
    {
      level: 'warning',
      code: 'ASSIGN_NOT_SETTLED',
      message: `${verdict} (worst: ${unsettled.slice(0, 3).join(', ')}; see Mixing in the report)`,
    },
  ];
}
