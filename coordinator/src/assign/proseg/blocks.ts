import type { ProsegConfig } from '@spatile/formats/config/schema';
import type { FitBlock } from '@spatile/formats/tile/proseg';

/** Stop a phase early when the mean log likelihood per transcript of two blocks differs from the two before by less than this share. */
const EARLY_STOP = 1e-3;
/** Iterations at the end of the fit whose posteriors are averaged. */
const AVERAGED_ITERATIONS = 40;

/** A stretch of the fit that may end early: one kind of moves, dispersion held at 1 or sampled. */
export interface FitPhase {
  phase: FitBlock['phase'];
  iterations: number;
  fixedDispersion: boolean;
  /** The background rates stay at their start. */
  fixedBackground: boolean;
}

/**
 * The phases of the pilot fit: parameters with fixed labels; coarse voxels, first with dispersion held at 1, then sampled
 * (so that it has settled before freezing); fine voxels with repositioning. Phases without iterations are left out.
 *
 * Background is held at its start until transcripts are repositioned: before that everything outside the prior cells, and
 * everything that moved out of its cell, would pass as background, and the rates then need hundreds of iterations to come
 * down again (simulated slide with 9 % background: 26 % at the end of the coarse phase, still 15 % after 100 fine iterations).
 */
export function fitPhases({ fit, diffusion }: ProsegConfig): FitPhase[] {
  const burnIn = Math.ceil(fit.coarseIterations / 2);
  const held = diffusion && fit.fineIterations > 0;
  const phases: FitPhase[] = [
    {
      phase: 'parameters',
      iterations: fit.parameterIterations,
      fixedDispersion: true,
      fixedBackground: true,
    },
    { phase: 'coarse', iterations: burnIn, fixedDispersion: true, fixedBackground: true },
    {
      phase: 'coarse',
      iterations: fit.coarseIterations - burnIn,
      fixedDispersion: false,
      fixedBackground: held,
    },
    { phase: 'fine', iterations: fit.fineIterations, fixedDispersion: false, fixedBackground: false },
  ];
  return phases.filter(({ iterations }) => iterations > 0);
}

/** The blocks of one phase; the second half of each block's iterations is recorded. */
export function blocksOf(
  phase: FitPhase,
  diffusion: boolean,
  blockIterations: number,
  firstIndex: number,
  firstIteration: number,
): FitBlock[] {
  const blocks: FitBlock[] = [];
  for (let done = 0; done < phase.iterations; done += blockIterations) {
    const iterations = Math.min(blockIterations, phase.iterations - done);
    blocks.push({
      index: firstIndex + blocks.length,
      phase: phase.phase,
      firstIteration: firstIteration + done,
      iterations,
      recorded: Math.ceil(iterations / 2),
      fixedDispersion: phase.fixedDispersion,
      diffusion,
    });
  }
  return blocks;
}

/** Whether a phase has settled: `logLikelihoods` per transcript of its blocks so far, in order. */
export function settled(logLikelihoods: readonly number[]): boolean {
  const [a, b, c, d] = logLikelihoods.slice(-4);
  if (d === undefined) return false;
  const before = (a + b) / 2;
  const now = (c + d) / 2;
  return Math.abs(now - before) < EARLY_STOP * Math.abs(before);
}

/** How many of the last blocks are averaged when freezing: as many as make up 40 iterations, all of the last phase's kind. */
export function blocksToAverage(blocks: readonly FitBlock[]): number {
  const last = blocks[blocks.length - 1];
  let iterations = 0;
  let count = 0;
  for (let i = blocks.length - 1; i >= 0 && iterations < AVERAGED_ITERATIONS; i--) {
    if (blocks[i].phase !== last.phase || blocks[i].fixedDispersion !== last.fixedDispersion) break;
    iterations += blocks[i].iterations;
    count++;
  }
  return count;
}
