import { SCORES } from '@spatile/instrument/judge/score-list';
import type { CaseResult } from '../results.ts';
import { number } from '../statistics.ts';
import { type KindResults, kindName, type Pair, pair, score, troubles, used } from './kinds.ts';

const OURS = 'spatile';
/** Differences below this are ties. */
const TIE = 0.0005;

/** Where spatile stands against another method, in plain sentences made from the results, losses included. */
export function statements(kinds: readonly KindResults[], theirs: string, label: string): string[] {
  const shared = kinds.filter(({ methods }) => methods.has(OURS) && methods.has(theirs));
  if (shared.length === 0) return [`- Against ${label}: nothing measured.`];
  return [
    accuracy(shared, theirs, label),
    ...otherScores(shared, theirs, label),
    ...costs(shared, theirs, label),
    ...unfinished(shared),
  ];
}

/** Where spatile itself did not end well, which no comparison above can show. */
function unfinished(kinds: readonly KindResults[]): string[] {
  const ended = kinds.flatMap((kind) =>
    troubles(kind.methods.get(OURS)).map(
      ({ quality, settings }) => `${kindName(kind)}, seed ${settings.seed} (${quality.exit})`,
    ),
  );
  return ended.length === 0 ? [] : [`- **spatile did not end well** on ${ended.join('; ')}.`];
}

/** F1 alone, for methods that cost next to nothing. */
export function accuracy(kinds: readonly KindResults[], theirs: string, label: string): string {
  const found = kinds.flatMap((kind) => {
    const f1 = pair(kind, OURS, theirs, score('f1'));
    return f1 === null ? [] : [{ kind, f1 }];
  });
  if (found.length === 0) return `- Accuracy against ${label}: nothing to compare.`;
  const list = (some: typeof found): string =>
    some
      .map(
        ({ kind, f1 }) =>
          `${kindName(kind)}: ${number(f1.ours, 3)} against ${number(f1.theirs, 3)}${isClear(f1) ? '' : `, ${doubt(f1)}`}`,
      )
      .join('; ');
  const [ahead, behind] = [1, -1].map((sign) => found.filter(({ f1 }) => sign * f1.difference > TIE));
  const even = found.length - ahead.length - behind.length;
  return `- **F1 against ${label}**: ahead on ${ahead.length} of ${found.length} kinds of slide${ahead.length > 0 ? ` (${list(ahead)})` : ''}; **behind on ${behind.length}**${behind.length > 0 ? ` (${list(behind)})` : ''}${even > 0 ? `; even on ${even}` : ''}.`;
}

/** Larger than the spread over at least three seeds. */
export function isClear({ n, difference, range }: Pair): boolean {
  return n >= 3 && Math.abs(difference) > range;
}

function doubt({ n }: Pair): string {
  if (n >= 3) return 'within the range of the seeds';
  return n === 1 ? 'one seed' : `${n} seeds`;
}

/** The other scores: which side leads on how many kinds of slide. */
function otherScores(kinds: readonly KindResults[], theirs: string, label: string): string[] {
  const tallies = SCORES.flatMap(({ name, label: says, better }) => {
    if (better === null || name === 'f1') return [];
    const differences = kinds.flatMap((kind) => {
      const found = pair(kind, OURS, theirs, score(name));
      return found === null ? [] : [found.difference * (better === 'more' ? 1 : -1)];
    });
    const [wins, losses] = [1, -1].map((sign) => differences.filter((d) => sign * d > TIE).length);
    return differences.length === 0 ? [] : [{ says, wins, losses, all: differences.length }];
  });
  const group = (title: string, some: typeof tallies): string[] =>
    some.length === 0
      ? []
      : [
          `- ${title} ${label}: ${some.map(({ says, wins, all }) => `${says} (${wins} of ${all})`).join(', ')}.`,
        ];
  return [
    ...group(
      'More often better (in brackets: on how many kinds of slide) than',
      tallies.filter(({ wins, losses }) => wins > losses),
    ),
    ...group(
      '**More often worse** (in brackets: on how many kinds of slide it is better all the same) than',
      tallies.filter(({ wins, losses }) => losses > wins),
    ),
    ...group(
      'As often better as worse than',
      tallies.filter(({ wins, losses }) => losses === wins),
    ),
  ];
}

function costs(kinds: readonly KindResults[], theirs: string, label: string): string[] {
  const times = kinds.flatMap((kind) => timeSentence(kind, theirs));
  const memory = kinds.flatMap((kind) => {
    const found = pair(kind, OURS, theirs, used('peakBytes'));
    if (found === null) return [];
    const mib = (bytes: number): string => `${number(bytes / 2 ** 20)} MiB`;
    const words = `${kindName(kind)} ${mib(found.ours)} against ${mib(found.theirs)}`;
    return [
      {
        isLess: found.ours < found.theirs,
        words: `${words}, ${ratioWords(found.theirs / found.ours, 'less', 'more')}`,
      },
    ];
  });
  const sentence = (title: string, some: string[]): string[] =>
    some.length === 0 ? [] : [`- ${title}: ${some.join('; ')}.`];
  return [
    ...sentence(
      `**Faster than ${label}** (wall time)`,
      times.filter(({ isLess }) => isLess).map(({ words }) => words),
    ),
    ...sentence(
      `**Slower than ${label}**`,
      times.filter(({ isLess }) => !isLess).map(({ words }) => words),
    ),
    ...sentence(
      `**Less memory than ${label}** (all processes together)`,
      memory.filter(({ isLess }) => isLess).map(({ words }) => words),
    ),
    ...sentence(
      `**More memory than ${label}** (all processes together)`,
      memory.filter(({ isLess }) => !isLess).map(({ words }) => words),
    ),
  ];
}

/** Wall time on one kind of slide; of two methods one that was stopped took at least its limit. */
function timeSentence(kind: KindResults, theirs: string): { isLess: boolean; words: string }[] {
  const both = pair(kind, OURS, theirs, used('wallSeconds'));
  if (both !== null) {
    const words = `${kindName(kind)} ${number(both.ours, 1)} s against ${number(both.theirs, 1)} s, ${ratioWords(both.theirs / both.ours, 'as fast', 'as slow')}`;
    return [{ isLess: both.ours < both.theirs, words }];
  }
  const [ours, others] = [kind.methods.get(OURS), kind.methods.get(theirs)];
  const [ended, otherEnded] = [firstSeconds(ours), firstSeconds(others)];
  const [limit, otherLimit] = [stoppedAt(ours), stoppedAt(others)];
  if (ended !== null && otherLimit !== null && ended <= otherLimit) {
    const words = `${kindName(kind)} ${number(ended, 1)} s against more than ${number(otherLimit)} s (stopped), at least ${number(otherLimit / ended, 1)} times as fast`;
    return [{ isLess: true, words }];
  }
  if (limit !== null && otherEnded !== null && otherEnded <= limit) {
    const words = `${kindName(kind)} more than ${number(limit)} s (stopped) against ${number(otherEnded, 1)} s, at least ${number(limit / otherEnded, 1)} times as slow`;
    return [{ isLess: false, words }];
  }
  return [];
}

/** Wall time of the first run that ended by itself; null when none did. */
function firstSeconds(results: readonly CaseResult[] | undefined): number | null {
  return results?.map(used('wallSeconds')).find((seconds) => seconds !== null) ?? null;
}

/** Seconds after which a run was stopped; null when none was. */
function stoppedAt(results: readonly CaseResult[] | undefined): number | null {
  const stopped = troubles(results).find(({ quality }) => quality.exit === 'out of time');
  return stopped === undefined ? null : Number(stopped.settings.limitSeconds);
}

function ratioWords(theirsByOurs: number, better: string, worse: string): string {
  return theirsByOurs >= 1
    ? `${number(theirsByOurs, 1)} times ${better}`
    : `${number(1 / theirsByOurs, 1)} times ${worse}`;
}
