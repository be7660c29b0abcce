import type { BridgeTest } from '@spatile/coordinator/correct/celladmix/bridge';
import { markersOf, testEnrichment } from '@spatile/coordinator/correct/celladmix/enrichment';
import type { SlideLabels } from '@spatile/coordinator/correct/celladmix/label';
import { exposures, nativeVerdict } from '@spatile/coordinator/correct/celladmix/native';
import { candidateRules, provenRules } from '@spatile/coordinator/correct/celladmix/rules';
import { defaultConfig } from '@spatile/formats/config/schema';
import { RandomStream } from '@spatile/random/stream';
import { describe, expect, test } from 'vitest';

const settings = defaultConfig().correct.celladmix;

const bridge = (factor: number, target: number, source: number, p: number): BridgeTest => ({
  ...{ factor, target, source, pairs: 20, p, q: p },
});

describe('rules by bridges', () => {
  const byBridges = { ...settings, test: 'bridge' as const };

  test('a type is a target when its strongest test passes, and never the source of the factor', () => {
    const tests = [bridge(0, 1, 0, 1e-5), bridge(0, 1, 2, 0.9), bridge(0, 2, 0, 1e-4), bridge(0, 0, 1, 1e-3)];
    expect(candidateRules(tests, [], 2, byBridges)).toEqual([
      { factor: 0, target: 1, source: 0 },
      { factor: 0, target: 2, source: 0 },
    ]);
  });

  test('no test that passes, no rule', () => {
    expect(candidateRules([bridge(0, 1, 0, 0.02)], [], 1, byBridges)).toEqual([]);
    expect(candidateRules([], [], 1, byBridges)).toEqual([]);
  });
});

describe('rules by markers', () => {
  // Type 0 makes genes 0..9, type 1 genes 10..19, both 20..59.
  const shareOf = (type: number, gene: number): number =>
    Math.floor(gene / 10) === type ? 0.05 : gene < 20 ? 0.005 : 0.01;
  const profiles = Float64Array.from({ length: 120 }, (_, at) => shareOf(Math.floor(at / 60), at % 60));
  const markers = markersOf(profiles, 2, settings.enrichment);

  test('markers are the genes of one type alone', () => {
    expect(markers.map((set) => set.toSorted((a, b) => a - b))).toEqual([
      Array.from({ length: 10 }, (_, g) => g),
      Array.from({ length: 10 }, (_, g) => 10 + g),
    ]);
  });

  test('a factor is foreign to the types whose markers it does not hold; one of no type is left alone', () => {
    const loadings = Float64Array.from({ length: 180 }, (_, at) => {
      const [gene, factor] = [Math.floor(at / 3), at % 3];
      return factor < 2 ? shareOf(factor, gene) : 1 / 60;
    });
    const model = { loadings, factors: 3, loss: 0, iterations: 0 };
    const tests = testEnrichment(model, markers, { ...settings.enrichment, permutations: 500 }, 1);
    expect(candidateRules([], tests, 3, { ...settings, test: 'enrichment' })).toEqual([
      { factor: 0, target: 1, source: 0 },
      { factor: 1, target: 0, source: 1 },
    ]);
    const passing = [bridge(0, 1, 0, 1e-4), bridge(2, 0, 1, 1e-4)];
    expect(candidateRules(passing, tests, 3, { ...settings, test: 'both' })).toEqual([
      { factor: 0, target: 1, source: 0 },
    ]);
    expect(candidateRules(passing, tests, 3, { ...settings, test: 'either' })).toHaveLength(3);
  });

  test('types with fewer than three markers are not tested', () => {
    const model = { loadings: new Float64Array(120).fill(1 / 60), factors: 2, loss: 0, iterations: 0 };
    expect(testEnrichment(model, [[1, 2], []], { ...settings.enrichment, permutations: 100 }, 1)).toEqual([]);
  });
});

describe('the native check', () => {
  // A row of cells of type 0 from left to right; type 1 at the right end only.
  const cells = 80;
  const spatial = Float64Array.from({ length: 2 * cells }, (_, at) => (at % 2 === 0 ? 10 * (at / 2) : 0));
  const types = {
    names: ['a', 'b'],
    type: Int32Array.from({ length: cells }, (_, i) => (i < 60 ? 0 : 1)),
    from: '',
  };
  const order = Uint32Array.from({ length: cells }, (_, i) => i);
  const seen = exposures(spatial, types, order, 10);
  const labelsOf = (share: (i: number) => number): SlideLabels => ({
    factors: 2,
    counts: Uint32Array.from({ length: 2 * cells }, (_, at) => {
      const foreign = Math.round(100 * share(at >> 1));
      return at % 2 === 0 ? 100 - foreign : foreign;
    }),
    ofBlock: async () => new Uint8Array(0),
  });
  const verdict = (share: (i: number) => number, change = {}) =>
    nativeVerdict(seen, 0, 1, labelsOf(share), 1, { ...settings.native, ...change });

  test('what near cells carry and far cells do not is foreign', () => {
    expect(verdict((i) => (i >= 55 ? 0.3 : 0.01))).toBe('foreign');
  });

  test('what far cells carry as well is their own', () => {
    expect(verdict(() => 0.3)).toBe('native');
    expect(verdict((i) => (i >= 55 ? 0.01 : 0.04))).toBe('native');
  });

  test('without far cells nothing is proven, which the configuration weighs', () => {
    expect(verdict((i) => (i >= 55 ? 0.3 : 0), { fewest: 56 })).toBe('unproven');
    const rules = [{ factor: 1, target: 0, source: 1 }];
    expect(provenRules(rules, () => 'unproven', 'keep')).toEqual(rules);
    expect(provenRules(rules, () => 'unproven', 'drop')).toEqual([]);
    expect(provenRules(rules, () => 'native', 'keep')).toEqual([]);
  });

  test('a cell without a place has no nearest cells and is near none', () => {
    const places = spatial.slice();
    [places[0], places[119]] = [Number.NaN, Number.POSITIVE_INFINITY];
    const [a] = exposures(places, types, order, 80);
    expect(a.seen[0]).toBe(0);
    expect(a.seen[1]).toBe(3);
    expect(exposures(new Float64Array(2 * cells).fill(Number.NaN), types, order, 5)[0].seen[7]).toBe(0);
  });

  test('the nearest cells are those of a sort of all distances, also where cells lie on one another', () => {
    const stream = new RandomStream(3, 'test.grid');
    const n = 150;
    const places = Float64Array.from({ length: 2 * n }, () => stream.integer(12) * (stream.integer(3) + 1));
    const names = Array.from({ length: n }, (_, i) => `t${i}`);
    const each = { names, type: Int32Array.from({ length: n }, (_, i) => i), from: '' };
    const words = Math.ceil(n / 32);
    const found = exposures(
      places,
      each,
      order.length >= n ? order : Uint32Array.from({ length: n }, (_, i) => i),
      7,
    );
    for (let i = 0; i < n; i++) {
      const squared = (j: number): number =>
        (places[2 * j] - places[2 * i]) ** 2 + (places[2 * j + 1] - places[2 * i + 1]) ** 2;
      const nearest = Array.from({ length: n }, (_, j) => j)
        .filter((j) => j !== i)
        .sort((a, b) => squared(a) - squared(b) || a - b)
        .slice(0, 7);
      const { seen: bits } = found[i];
      const got = names.flatMap((_, j) => ((bits[j >> 5] >>> (j & 31)) & 1 ? [j] : []));
      expect(bits.length).toBe(words);
      expect(got).toEqual(nearest.toSorted((a, b) => a - b));
    }
  });
});
