import type { CorrectConfig } from '@spatile/formats/config/schema';
import { ln } from '@spatile/random/elementary';
import type { BridgeTest } from './bridge.ts';
import type { EnrichmentTest } from './enrichment.ts';
import type { NativeVerdict } from './native.ts';

type Settings = CorrectConfig['celladmix'];

/** Molecules of this factor in cells of this type are not their own. */
export interface Rule {
  factor: number;
  target: number;
  /** Type that the factor is of; -1 where no test says. */
  source: number;
}

/** Factors and types that the tests name, before the native check. */
export function candidateRules(
  bridges: readonly BridgeTest[],
  enrichments: readonly EnrichmentTest[],
  factors: number,
  settings: Settings,
): Rule[] {
  const byBridge = bridgeRules(bridges, factors, settings.bridge.fdr);
  const byMarkers = markerRules(enrichments, factors, settings.enrichment.fdr);
  const has = (rules: readonly Rule[], { factor, target }: Rule): boolean =>
    rules.some((rule) => rule.factor === factor && rule.target === target);
  switch (settings.test) {
    case 'bridge':
      return byBridge;
    case 'enrichment':
      return byMarkers;
    case 'both':
      return byBridge.filter((rule) => has(byMarkers, rule));
    case 'either':
      return [...byBridge, ...byMarkers.filter((rule) => !has(byBridge, rule))];
  }
}

/**
 * A type is a target of a factor when its strongest test over the source types passes; the source is the type with the largest
 * mean -ln p as one (Mitchel et al.). A source is never its own factor's target.
 */
function bridgeRules(tests: readonly BridgeTest[], factors: number, fdr: number): Rule[] {
  const rules: Rule[] = [];
  for (let factor = 0; factor < factors; factor++) {
    const own = tests.filter((test) => test.factor === factor);
    const source = strongestSource(own);
    const targets = new Set(own.filter(({ q }) => q < fdr).map(({ target }) => target));
    for (const target of [...targets].sort((a, b) => a - b))
      if (target !== source) rules.push({ factor, target, source });
  }
  return rules;
}

function strongestSource(tests: readonly BridgeTest[]): number {
  const sums = new Map<number, { sum: number; n: number }>();
  for (const { source, p } of tests) {
    const known = sums.get(source) ?? { sum: 0, n: 0 };
    sums.set(source, { sum: known.sum - ln(Math.max(p, 1e-300)), n: known.n + 1 });
  }
  let best = -1;
  let most = 0;
  for (const [source, { sum, n }] of [...sums].sort(([a], [b]) => a - b))
    if (sum / n > most) [best, most] = [source, sum / n];
  return best;
}

/** Every tested type whose markers a factor does not hold is its target; a factor that holds those of none is left alone. */
function markerRules(tests: readonly EnrichmentTest[], factors: number, fdr: number): Rule[] {
  const rules: Rule[] = [];
  for (let factor = 0; factor < factors; factor++) {
    const own = tests.filter((test) => test.factor === factor);
    const enriched = own.filter(({ q }) => q < fdr);
    if (enriched.length === 0) continue;
    const source = enriched.reduce((a, b) => (b.p < a.p ? b : a)).type;
    for (const { type, q } of own) if (q >= fdr) rules.push({ factor, target: type, source });
  }
  return rules;
}

/** Leaves out rules that cells far from the source speak against. */
export function provenRules(
  rules: readonly Rule[],
  verdict: (rule: Rule) => NativeVerdict,
  unproven: Settings['native']['unproven'],
): Rule[] {
  return rules.filter((rule) => {
    const said = rule.source < 0 ? 'unproven' : verdict(rule);
    return said === 'foreign' || (said === 'unproven' && unproven === 'keep');
  });
}
