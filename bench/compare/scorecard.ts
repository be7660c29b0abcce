import { SCORES } from '@spatile/instrument/judge/score-list';
import { table } from '../pages.ts';
import { number } from '../statistics.ts';
import { costDuel, type Duel, scoreDuel, timeDuel } from './duel.ts';
import { type KindResults, kindName, score, troubles } from './kinds.ts';

type Rival = readonly [key: string, label: string];

const mib = (bytes: number): string => `${number(bytes / 2 ** 20)} MiB`;
const seconds = (value: number): string => `${number(value, 1)} s`;

/** F1 against every rival, and what spatile costs beside the first of them. */
export function scorecard(kinds: readonly KindResults[], rivals: readonly Rival[]): string | null {
  const duels = [
    ...rivals.map((rival) => scoreDuel(kinds, rival, 'F1', score('f1'))),
    ...rivals
      .slice(0, 1)
      .flatMap((rival) => [
        timeDuel(kinds, rival),
        costDuel(kinds, rival, 'processor time', 'cpuSeconds', seconds),
        costDuel(kinds, rival, 'peak memory of all processes', 'peakBytes', mib),
      ]),
  ].filter((duel) => duel !== null);
  return duels.length === 0 ? null : duelTable(duels);
}

/** Every score of the judge but F1 against one rival, in the order of the judge's list. */
export function otherScores(kinds: readonly KindResults[], rival: Rival): Duel[] {
  return SCORES.flatMap(({ name, label, better }) => {
    if (better === null || name === 'f1') return [];
    const duel = scoreDuel(kinds, rival, label, score(name), better === 'more' ? 1 : -1);
    return duel === null ? [] : [duel];
  });
}

/** Scores in which spatile is not more often better than worse: the losses, none left out. Null without any score. */
export function losses(duels: readonly Duel[]): string | null {
  if (duels.length === 0) return null;
  const lost = duels.filter(({ better, worse }) => worse >= better);
  const [won, worse] = [duels.length - lost.length, lost.filter((duel) => duel.worse > duel.better).length];
  const said = `Of the ${duels.length} other scores spatile is better than ${duels[0].against} on more kinds of slide in ${won}, worse on more in ${worse}, and on as many in ${lost.length - worse}.`;
  return lost.length === 0 ? said : `${said} Those that are not won:\n\n${duelTable(lost)}`;
}

/** One row for every respect: on how many kinds of slide spatile is better and worse, and its largest loss. */
export function duelTable(duels: readonly Duel[]): string {
  return table(
    ['what', 'against', 'furthest behind', 'better on', 'of these clearly', 'worse on', 'even on'],
    duels.map(({ what, against, better, clearly, worse, even, loss }) => [
      ...[what, against, loss ?? 'nowhere', `${better} of ${better + worse + even}`],
      ...[`${clearly}`, worse > better ? `**${worse}**` : `${worse}`, `${even}`],
    ]),
    3,
  );
}

/** Where spatile itself did not end well, which no comparison can show; null where it always did. */
export function unfinished(kinds: readonly KindResults[]): string | null {
  const ended = kinds.flatMap((kind) =>
    troubles(kind.methods.get('spatile')).map(
      ({ quality, settings }) => `${kindName(kind)}, seed ${settings.seed} (${quality.exit})`,
    ),
  );
  return ended.length === 0 ? null : `**spatile did not end well** on ${ended.join('; ')}.`;
}
