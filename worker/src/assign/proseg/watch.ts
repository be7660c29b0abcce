import type { Sampler } from './sampler.ts';
import { VoxelWatch } from './voxel-watch.ts';

const ROLE_COUNTED = 1;
/** Iterations between two points of the trace. */
const TRACE_EVERY = 5;
/** Most samples of which the volume of every cell is kept. */
export const VOLUME_SAMPLES = 64;

/** A phase of the schedule, in order: coarse voxels, fine voxels, hill climb. */
export type Phase = 0 | 1 | 2;

/** What the state says of all transcripts at one moment. */
interface Moment {
  /** Per transcript of the core. */
  logLikelihood: number;
  /** Expected number of transcripts of the core that are their cell's. */
  foreground: number;
}

/**
 * Watches a chain without touching it: counts of proposals, a thin trace of the whole schedule, and of the recorded samples
 * what the posterior of cells needs. Rates must be current wherever it looks. Memory: 6 bytes per voxel, and per cell 4 bytes
 * for each of at most `VOLUME_SAMPLES` samples.
 */
export class Watch {
  /** Label proposals and how many were taken; the same of repositioning (of transcripts that may move). */
  proposed = 0;
  accepted = 0;
  places = 0;
  moved = 0;
  readonly trace = {
    iteration: [] as number[],
    phase: [] as number[],
    logLikelihood: [] as number[],
    foreground: [] as number[],
    labelAcceptance: [] as number[],
  };
  /** Of the recorded samples, in order. */
  readonly logLikelihood: number[] = [];
  readonly foreground: number[] = [];
  /** Voxels by sample (cells x samples, sample slowest); filled up to `volumeSamples`. */
  readonly volumes: Uint32Array;
  volumeSamples = 0;
  /** By local cell, over the recorded samples: sum of expected transcripts, of their squares, and of the variance within. */
  readonly sum: Float64Array;
  readonly squares: Float64Array;
  readonly within: Float64Array;
  readonly voxels: VoxelWatch;
  /** Transcripts of the core. */
  counted = 0;
  readonly #now: Float64Array;
  readonly #cells: number;
  readonly #volumeStride: number;
  #since = { proposed: 0, accepted: 0 };

  constructor({ cells, grid }: Pick<Sampler, 'cells' | 'grid'>, recorded: number) {
    this.#cells = cells.length + 1;
    this.#volumeStride = Math.ceil(recorded / VOLUME_SAMPLES);
    this.volumes = new Uint32Array(this.#cells * Math.ceil(recorded / this.#volumeStride));
    this.sum = new Float64Array(this.#cells);
    this.squares = new Float64Array(this.#cells);
    this.within = new Float64Array(this.#cells);
    this.#now = new Float64Array(this.#cells);
    this.voxels = new VoxelWatch(grid, recorded);
  }

  /** Recorded samples so far. */
  get recorded(): number {
    return this.foreground.length;
  }

  /** Whether `look` would add a point to the trace. */
  wants(iteration: number): boolean {
    return iteration % TRACE_EVERY === 0;
  }

  /** Adds a point to the trace when one is due. */
  look(sampler: Sampler, iteration: number, phase: Phase): void {
    if (!this.wants(iteration)) return;
    const { logLikelihood, foreground } = this.#pass(sampler, false);
    this.trace.iteration.push(iteration);
    this.trace.phase.push(phase);
    this.trace.logLikelihood.push(logLikelihood);
    this.trace.foreground.push(foreground);
    const proposed = this.proposed - this.#since.proposed;
    this.trace.labelAcceptance.push(proposed === 0 ? 0 : (this.accepted - this.#since.accepted) / proposed);
    this.#since = { proposed: this.proposed, accepted: this.accepted };
  }

  /** Adds a recorded sample. */
  record(sampler: Sampler): void {
    const sample = this.recorded;
    const { logLikelihood, foreground } = this.#pass(sampler, true);
    this.logLikelihood.push(logLikelihood);
    this.foreground.push(foreground);
    for (let c = 1; c < this.#cells; c++) {
      this.sum[c] += this.#now[c];
      this.squares[c] += this.#now[c] ** 2;
    }
    if (sample % this.#volumeStride === 0) {
      const at = this.volumeSamples++ * this.#cells;
      for (let c = 1; c < this.#cells; c++) this.volumes[at + c] = sampler.arrays.size[c];
    }
    this.voxels.record(sampler, sample);
  }

  /** Volumes of one cell in order of the samples. */
  volumesOf(cell: number): Uint32Array {
    return Uint32Array.from(
      { length: this.volumeSamples },
      (_, sample) => this.volumes[sample * this.#cells + cell],
    );
  }

  /** One pass over the transcripts; with `cells` also their sums by cell. The product takes a log only when it runs off. */
  #pass({ arrays, bound }: Sampler, cells: boolean): Moment {
    const { label, current, rate, background, role } = arrays;
    const { ln } = bound.kernel;
    const [now, within] = [this.#now.fill(0), this.within];
    let [logs, product, foreground, counted] = [0, 1, 0, 0];
    for (let i = 0; i < current.length; i++) {
      const cell = label[current[i]];
      const intensity = rate[i] + background[i];
      const inside = cell === 0 ? 0 : rate[i] / intensity;
      if ((role[i] & ROLE_COUNTED) !== 0) {
        counted++;
        foreground += inside;
        product *= intensity;
        if (product > 1e200 || product < 1e-200) {
          logs += ln(product);
          product = 1;
        }
      }
      if (!cells || cell === 0) continue;
      now[cell] += inside;
      within[cell] += inside * (1 - inside);
    }
    this.counted = counted;
    return { logLikelihood: counted === 0 ? 0 : (logs + ln(product)) / counted, foreground };
  }
}
