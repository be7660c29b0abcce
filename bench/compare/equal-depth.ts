import { thinnedTo } from '@spatile/instrument/judge/thinned';
import { PROSEG } from '../competitors/proseg.ts';
import { EXPAND, SPATILE } from '../competitors/spatile.ts';
import { table } from '../pages.ts';
import type { CaseResult } from '../results.ts';
import { number } from '../statistics.ts';
import { detailsOf, type KindResults, kindName, score } from './kinds.ts';

/** Co-expression of a method's results if they held as few transcripts in cells as Proseg's, means over the seeds of both. */
export interface AtDepth {
  /** Share of the method's transcripts in cells that is kept, at most 1. */
  keep: number;
  coexpression: number;
  /** As it is, nothing thrown away. */
  raw: number;
  proseg: number;
}

/** One method at Proseg's depth; null where the judge did not say what is left by depth, or Proseg was not measured. */
export function atProsegDepth({ methods }: KindResults, method: string): AtDepth | null {
  const bySeed = new Map((methods.get(PROSEG.key) ?? []).map((one) => [one.settings.seed, one]));
  const found = (methods.get(method) ?? []).flatMap((one): AtDepth[] => {
    const theirs = bySeed.get(one.settings.seed);
    const at = theirs === undefined ? null : thinnedLike(one, theirs);
    return at === null ? [] : [at];
  });
  if (found.length === 0) return null;
  const mean = (name: keyof AtDepth): number => found.reduce((sum, one) => sum + one[name], 0) / found.length;
  return {
    keep: mean('keep'),
    coexpression: mean('coexpression'),
    raw: mean('raw'),
    proseg: mean('proseg'),
  };
}

function thinnedLike(ours: CaseResult, theirs: CaseResult): AtDepth | null {
  const [most, least] = [inCells(ours), inCells(theirs)];
  const [raw, proseg] = [ours, theirs].map(score('coexpression'));
  if (most === null || least === null || most === 0 || raw === null || proseg === null) return null;
  const keep = Math.min(1, least / most);
  const coexpression = thinnedTo(detailsOf(ours).thinned ?? [], keep);
  return coexpression === null ? null : { keep, coexpression, raw, proseg };
}

/** Judged transcripts in cells: home / assigned is the precision, home / from cells the recall. */
function inCells(one: CaseResult): number | null {
  const [recall, precision, fromCells] = ['recall', 'precision', 'fromCells'].map((name) => score(name)(one));
  if (recall === null || precision === null || fromCells === null || precision === 0) return null;
  return (recall * fromCells) / precision;
}

/** Proseg beside spatile and expansion, as they are and at Proseg's depth, by kind of slide; null when nothing was judged so. */
export function depthTable(kinds: readonly KindResults[]): string | null {
  const rows = kinds.flatMap((kind) => {
    const ours = atProsegDepth(kind, SPATILE.key);
    if (ours === null) return [];
    const expansion = atProsegDepth(kind, EXPAND.key);
    return [
      [
        ...[kindName(kind), number(ours.proseg, 4), number(ours.raw, 4), number(ours.keep, 3)],
        ...[number(ours.coexpression, 4), expansion === null ? '-' : number(expansion.coexpression, 4)],
      ],
    ];
  });
  if (rows.length === 0) return null;
  return table(
    ['slide', 'Proseg', 'spatile', 'share kept', 'spatile, thinned to it', `${EXPAND.label}, thinned alike`],
    rows,
  );
}
