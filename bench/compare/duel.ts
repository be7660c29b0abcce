import { number } from '../statistics.ts';
import { type Figure, type KindResults, kindName, type Pair, pair, stoppedAfter, used } from './kinds.ts';

const OURS = 'spatile';
/** Differences of scores below this are ties. */
const TIE = 0.0005;

/** spatile and another method on one kind of slide, in one respect. */
interface Outcome {
  kind: KindResults;
  /** 1 where spatile is better, -1 where it is worse, 0 where they are even. */
  sign: number;
  isClear: boolean;
  /** How far apart they are: the largest loss has most. */
  size: number;
  /** `0.60 against 0.61` */
  words: string;
}

/** How spatile did against another method in one respect, over all kinds of slide that both were measured on. */
export interface Duel {
  what: string;
  against: string;
  better: number;
  /** Of those, by more than the range over at least three seeds. */
  clearly: number;
  worse: number;
  even: number;
  /** Where spatile is furthest behind; null where it never is. */
  loss: string | null;
}

/** Larger than the spread over at least three seeds. */
export function isClear({ n, difference, range }: Pair): boolean {
  return n >= 3 && Math.abs(difference) > range;
}

/** A score of the judge on every kind of slide that both have; null without any. `sense` is 1 when more is better, else -1. */
export function scoreDuel(
  kinds: readonly KindResults[],
  rival: readonly [key: string, label: string],
  what: string,
  figure: Figure,
  sense: 1 | -1 = 1,
): Duel | null {
  const outcomes = kinds.flatMap((kind): Outcome[] => {
    const found = pair(kind, OURS, rival[0], figure);
    if (found === null) return [];
    const { difference, ours, theirs } = found;
    const size = Math.abs(difference);
    const words = `${number(ours, 3)} against ${number(theirs, 3)}${seedWords(found)}`;
    const sign = size > TIE ? Math.sign(difference) * sense : 0;
    return [{ kind, sign, isClear: isClear(found), size, words }];
  });
  return duel(what, rival[1], outcomes);
}

/** Wall time on every kind of slide; of two methods one that was stopped took at least its limit. */
export function timeDuel(
  kinds: readonly KindResults[],
  rival: readonly [key: string, label: string],
): Duel | null {
  const outcomes = kinds.flatMap((kind): Outcome[] => {
    const found = pair(kind, OURS, rival[0], used('wallSeconds'));
    if (found !== null) return [cost(kind, found, (seconds) => `${number(seconds, 1)} s`)];
    const [ours, theirs] = [OURS, rival[0]].map((key) => kind.methods.get(key));
    const [ended, otherEnded] = [ours, theirs].map(
      (results) => results?.map(used('wallSeconds')).find((seconds) => seconds !== null) ?? null,
    );
    const [limit, otherLimit] = [stoppedAfter(ours), stoppedAfter(theirs)];
    if (ended !== null && otherLimit !== null && ended <= otherLimit)
      return [
        {
          ...{ kind, sign: 1, isClear: false, size: otherLimit / ended },
          words: `${number(ended, 1)} s against more than ${number(otherLimit)} s`,
        },
      ];
    if (limit !== null && otherEnded !== null && otherEnded <= limit)
      return [
        {
          ...{ kind, sign: -1, isClear: false, size: limit / otherEnded },
          words: `stopped after ${number(limit)} s against ${number(otherEnded, 1)} s`,
        },
      ];
    return [];
  });
  return duel('wall time', rival[1], outcomes);
}

/** Processor time or memory on every kind of slide on which both ended by themselves. */
export function costDuel(
  kinds: readonly KindResults[],
  rival: readonly [key: string, label: string],
  what: string,
  name: string,
  say: (value: number) => string,
): Duel | null {
  const outcomes = kinds.flatMap((kind): Outcome[] => {
    const found = pair(kind, OURS, rival[0], used(name));
    return found === null ? [] : [cost(kind, found, say)];
  });
  return duel(what, rival[1], outcomes);
}

/** What costs less is better; how much is a ratio. */
function cost(kind: KindResults, found: Pair, say: (value: number) => string): Outcome {
  const { ours, theirs } = found;
  return {
    ...{ kind, sign: Math.sign(theirs - ours), isClear: isClear(found) },
    size: Math.max(ours / theirs, theirs / ours),
    words: `${say(ours)} against ${say(theirs)}${seedWords(found)}`,
  };
}

function duel(what: string, against: string, outcomes: readonly Outcome[]): Duel | null {
  if (outcomes.length === 0) return null;
  const [better, worse] = [1, -1].map((sign) => outcomes.filter((one) => one.sign === sign));
  const furthest = worse.reduce<Outcome | null>(
    (most, one) => (most === null || one.size > most.size ? one : most),
    null,
  );
  return {
    ...{ what, against, better: better.length, worse: worse.length },
    clearly: better.filter((one) => one.isClear).length,
    even: outcomes.length - better.length - worse.length,
    loss: furthest === null ? null : `${kindName(furthest.kind)}: ${furthest.words}`,
  };
}

function seedWords(found: Pair): string {
  if (found.n === 1) return ' (one seed)';
  if (found.n < 3) return ` (${found.n} seeds)`;
  return isClear(found) ? '' : ' (within the range of the seeds)';
}
