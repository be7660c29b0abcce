import { exp, ln } from '@spatile/random/elementary';
import { philoxInto } from '@spatile/random/philox';
import type { Mixture } from './mixture.ts';
import { NORMAL_FORM } from './shape.ts';

/** A molecule whose densities are all below this is noise. */
const LN_LEAST = ln(1e-100);
/** Terms this far below the largest weigh nothing against a draw of 32 bits. */
const NEGLIGIBLE = -40;
const TWO_32 = 4294967296;
const LN_2PI = 1.8378770664093453;

/** Key of the draws of a run's seed for labels: the words of the seed, told apart from other uses by the top bit. */
const keyOf = (seed: number): [number, number] => [
  seed >>> 0,
  (Math.floor(seed / TWO_32) | 0x80000000) >>> 0,
];

/**
 * ln of the noise's density for one gene anywhere: the normal of sd scale at three sd along every axis, times the mean over cells
 * of 1 / number of genes.
 */
export function lnNoiseDensity({ settings, model, molecules }: Mixture): number {
  const d = molecules.dimensions;
  return -d * (0.5 * LN_2PI + ln(settings.scaleUm) + 4.5) + ln(model.noiseComposition);
}

/**
 * The expectation of one iteration: draws a label for every molecule given the labels of all before it (synchronous), among
 * the components of its neighbours in the graph and noise (Petukhov et al., 2022). The draw is a function of seed, input row and
 * iteration, so two tiles that see a molecule draw the same number for it.
 */
export class Expectation {
  readonly #mixture: Mixture;
  readonly #next: Int32Array;
  readonly #words: Uint32Array;
  readonly #block = new Uint32Array(4);
  /** Candidates of the molecule at hand, the weight of edges to each, ln of their densities. */
  readonly #candidate: Int32Array;
  readonly #pull: Float64Array;
  readonly #lnDensity: Float64Array;
  readonly #base: Float64Array;
  readonly #key: [number, number];
  readonly #lnPenalty: number;
  readonly #lnNoise: number;

  constructor(mixture: Mixture) {
    const { graph, components, molecules } = mixture;
    this.#mixture = mixture;
    this.#next = new Int32Array(molecules.n);
    this.#words = new Uint32Array(4 * molecules.n);
    let degree = 0;
    for (let i = 0; i < molecules.n; i++) degree = Math.max(degree, graph.start[i + 1] - graph.start[i]);
    this.#candidate = new Int32Array(degree + 1);
    this.#pull = new Float64Array(degree + 1);
    this.#lnDensity = new Float64Array(degree + 1);
    this.#base = new Float64Array(components + 1);
    this.#key = keyOf(mixture.seed);
    this.#lnPenalty = ln(mixture.settings.clusterPenalty);
    this.#lnNoise = lnNoiseDensity(mixture);
  }

  /** One synchronous pass; returns how many densities of cells it took. */
  draw(iteration: number): number {
    const { components, size, normal, lnInteger, label, molecules } = this.#mixture;
    if (iteration % 4 === 0) this.#drawWords(iteration / 4);
    for (let c = 1; c <= components; c++)
      this.#base[c] = lnInteger[size[c]] + normal[c * NORMAL_FORM + 6] - lnInteger[size[c] + 1];
    let terms = 0;
    for (let i = 0; i < molecules.n; i++) {
      const n = this.#weigh(i);
      terms += n;
      this.#next[i] = this.#choose(i, n, (this.#words[4 * i + (iteration & 3)] + 0.5) / TWO_32);
    }
    label.set(this.#next);
    return terms;
  }

  /** A block of random words serves four iterations. */
  #drawWords(block: number): void {
    const { row } = this.#mixture.molecules;
    for (let i = 0; i < row.length; i++) {
      philoxInto(row[i], block, 0, 0, this.#key[0], this.#key[1], this.#block);
      this.#words.set(this.#block, 4 * i);
    }
  }

  /** Candidates of molecule i and ln of their densities; returns how many cells there are. Noise comes after them. */
  #weigh(i: number): number {
    const { graph, label, passable, weight, settings, molecules, lnReal, lnNoise } = this.#mixture;
    const candidate = this.#candidate;
    const pull = this.#pull;
    let n = 0;
    let noisePull = 0;
    for (let e = graph.start[i]; e < passable[i]; e++) {
      const c = label[graph.neighbour[e]];
      if (c === 0) {
        noisePull += weight[e];
        continue;
      }
      let k = 0;
      while (k < n && candidate[k] !== c) k++;
      if (k === n) {
        candidate[n] = c;
        pull[n++] = 0;
      }
      pull[k] += weight[e];
    }
    const { gene } = molecules;
    for (let k = 0; k < n; k++)
      this.#lnDensity[k] =
        lnReal[i] + settings.mrfStrength * pull[k] + this.#lnCell(candidate[k], i, gene[i]);
    if (n > 0 && this.#mixture.segment[i] > 0) this.#applyPrior(n, this.#mixture.segment[i]);
    candidate[n] = 0;
    this.#lnDensity[n] = lnNoise[i] + settings.mrfStrength * noisePull + this.#lnNoise;
    return n;
  }

  /** ln of N_c normal(x) p_c(g), with the penalty for another cluster. */
  #lnCell(c: number, i: number, gene: number): number {
    const { molecules, mean, normal, genes, lnInteger, cluster, mainCluster } = this.#mixture;
    const dx = molecules.x[i] - mean[3 * c];
    const dy = molecules.y[i] - mean[3 * c + 1];
    const at = c * NORMAL_FORM;
    let q = normal[at] * dx * dx + 2 * normal[at + 1] * dx * dy + normal[at + 2] * dy * dy;
    if (molecules.dimensions === 3) {
      const dz = molecules.z[i] - mean[3 * c + 2];
      q += dz * (2 * (normal[at + 3] * dx + normal[at + 4] * dy) + normal[at + 5] * dz);
    }
    const count = genes.get(c, gene);
    const value = this.#base[c] - 0.5 * q + (count > 1 ? lnInteger[count] : 0);
    return mainCluster[c] === cluster[i] ? value : value + this.#lnPenalty;
  }

  /**
   * The pull of a prior segment of n_S molecules, with m_c = min(n_cS + 1, n_S): against splitting it, candidates about it (or
   * about none) lose to the one that holds most of it; against mixing it with another, candidates about another segment lose by
   * the share of it they hold (also where no candidate is about this one, unlike the original: else trust of 1 would not keep
   * segments apart).
   */
  #applyPrior(n: number, segment: number): void {
    const { segments, segmentSize, mainSegment, size, settings, lnInteger } = this.#mixture;
    const rho = settings.priorConfidence;
    const whole = segmentSize[segment];
    let largest = -1;
    let most = 0;
    for (let k = 0; k < n; k++) {
      const c = this.#candidate[k];
      if (mainSegment[c] !== segment && mainSegment[c] !== 0) continue;
      const held = Math.min(segments.get(c, segment) + 1, whole);
      if (held > most || (held === most && size[c] > size[this.#candidate[largest]])) {
        largest = k;
        most = held;
      }
    }
    const base = 0.5 * ln(1 - rho);
    const power = rho * exp(3 * rho);
    for (let k = 0; k < n; k++) {
      if (k === largest) continue;
      const c = this.#candidate[k];
      const held = Math.min(segments.get(c, segment) + 1, whole);
      this.#lnDensity[k] +=
        base +
        (mainSegment[c] === segment || mainSegment[c] === 0
          ? rho * (lnInteger[held] - lnInteger[most])
          : power * (lnInteger[whole - held] - lnInteger[whole]));
    }
  }

  /** Draws one of n cells or noise by their densities; `uniform` in (0, 1). */
  #choose(i: number, n: number, uniform: number): number {
    const lnDensity = this.#lnDensity;
    const candidates = this.#mixture.lnNoise[i] === Number.NEGATIVE_INFINITY ? n : n + 1;
    let most = Number.NEGATIVE_INFINITY;
    for (let k = 0; k < candidates; k++) if (lnDensity[k] > most) most = lnDensity[k];
    if (!(most > LN_LEAST)) return 0;
    let sum = 0;
    for (let k = 0; k < candidates; k++) {
      const d = lnDensity[k] - most;
      lnDensity[k] = d === 0 ? 1 : d < NEGLIGIBLE ? 0 : exp(d);
      sum += lnDensity[k];
    }
    let rest = uniform * sum;
    for (let k = 0; k < candidates; k++) {
      rest -= lnDensity[k];
      if (rest < 0) return this.#candidate[k];
    }
    return this.#candidate[candidates - 1];
  }
}
