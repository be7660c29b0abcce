import type { CaseResult } from '../results.ts';
import { type Spread, spread } from '../statistics.ts';
import type { CompareDetails } from './measure.ts';

/** Results of all methods on one kind of slide, by method and in the order of seeds. */
export interface KindResults {
  kind: string;
  preset: string;
  /** As the first slide has them; what was aimed at is in the settings. */
  transcripts: number;
  aimed: number;
  genes: number;
  methods: Map<string, CaseResult[]>;
}

/** The method whose slides count where several simulators made results of one name. */
const REFERENCE = 'spatile';

/** Results by kind of slide, small to large; those on slides that another simulator made are left out and counted. */
export function byKind(cases: readonly CaseResult[]): { kinds: KindResults[]; leftOut: number } {
  const slideOf = new Map<string, string>();
  const name = ({ settings }: CaseResult): string => `${settings.kind}-${settings.seed}`;
  for (const one of cases)
    if (one.settings.competitor === REFERENCE || !slideOf.has(name(one))) slideOf.set(name(one), one.digest);
  const kept = cases.filter((one) => slideOf.get(name(one)) === one.digest);
  const kinds = new Map<string, KindResults>();
  for (const one of kept) {
    const { kind, preset, genes, transcripts, competitor } = one.settings;
    const entry = kinds.get(String(kind)) ?? {
      kind: String(kind),
      preset: String(preset),
      transcripts: Number(one.quality.transcripts),
      aimed: Number(transcripts),
      genes: Number(genes),
      methods: new Map<string, CaseResult[]>(),
    };
    kinds.set(entry.kind, entry);
    entry.methods.set(String(competitor), [...(entry.methods.get(String(competitor)) ?? []), one]);
  }
  for (const { methods } of kinds.values())
    for (const some of methods.values())
      some.sort((a, b) => Number(a.settings.seed) - Number(b.settings.seed));
  const ordered = [...kinds.values()].sort((a, b) => a.aimed - b.aimed || a.genes - b.genes);
  return { kinds: ordered, leftOut: cases.length - kept.length };
}

/** A score or figure of one result; null when there is none. */
export type Figure = (result: CaseResult) => number | null;

export const score =
  (name: string): Figure =>
  ({ quality }) => {
    const value = quality[name];
    return typeof value === 'number' ? value : null;
  };

/** Of runs that ended by themselves. */
export const used =
  (name: string): Figure =>
  ({ quality, measured }) =>
    quality.exit === 'done' ? (measured[name]?.median ?? null) : null;

/** Median and range over seeds; undefined where nothing was measured. */
export function over(results: readonly CaseResult[] | undefined, figure: Figure): Spread | undefined {
  const values = (results ?? []).map(figure).filter((value) => value !== null);
  return values.length === 0 ? undefined : spread(values);
}

/** One figure of two methods on the same slides. */
export interface Pair {
  n: number;
  ours: number;
  theirs: number;
  /** Mean of ours minus theirs. */
  difference: number;
  /** The larger of the two ranges over seeds. */
  range: number;
}

/** Means over the seeds that both have; null when there are none. */
export function pair({ methods }: KindResults, ours: string, theirs: string, figure: Figure): Pair | null {
  const bySeed = new Map((methods.get(theirs) ?? []).map((one) => [one.settings.seed, figure(one)]));
  const pairs = (methods.get(ours) ?? []).flatMap((one) => {
    const [a, b] = [figure(one), bySeed.get(one.settings.seed) ?? null];
    return a === null || b === null ? [] : [[a, b] as const];
  });
  if (pairs.length === 0) return null;
  const mean = (values: number[]): number => values.reduce((sum, x) => sum + x, 0) / values.length;
  const range = (values: number[]): number => Math.max(...values) - Math.min(...values);
  const [a, b] = [pairs.map(([x]) => x), pairs.map(([, y]) => y)];
  return {
    n: pairs.length,
    ours: mean(a),
    theirs: mean(b),
    difference: mean(a) - mean(b),
    range: Math.max(range(a), range(b)),
  };
}

/** How a method ended on a kind of slide when it did not end well. */
export function troubles(results: readonly CaseResult[] | undefined): CaseResult[] {
  return (results ?? []).filter(({ quality }) => quality.exit !== 'done' && quality.exit !== 'none');
}

/** Seconds after which a run was stopped; null when none was. */
export function stoppedAfter(results: readonly CaseResult[] | undefined): number | null {
  const stopped = troubles(results).find(({ quality }) => quality.exit === 'out of time');
  return stopped === undefined ? null : Number(stopped.settings.limitSeconds);
}

export function detailsOf({ details }: CaseResult): CompareDetails {
  return details as CompareDetails;
}

/** `default, 0.1 M, 300 genes` */
export function kindName({ preset, aimed, genes }: KindResults): string {
  const size = aimed >= 1e5 ? `${aimed / 1e6} M` : `${aimed} transcripts`;
  return `${preset}, ${size}, ${genes.toLocaleString('en-US')} genes`;
}
