import { NO_GENE } from '@spatile/formats/tile/parts';
import { type SettledVerdicts, settledVerdictsIn } from '@spatile/formats/tile/settled';
import {
  LOST_UNITS,
  type LostCounts,
  type Profiles,
  type StrayCells,
  type StrayChanges,
  type StraysTask,
  straysTaskFrom,
  tileStraysFrame,
} from '@spatile/formats/tile/strays';
import type { Handler } from '../../../handler.ts';
import { Neighbours } from './neighbours.ts';
import { nativeRatio, strayProbability, surroundings } from './ratio.ts';

/** Numbers of genes are below. */
const GENES = 2 ** 16;

/**
 * `assign.proseg.strays`: which transcripts of a settled tile become background: those that probably strayed into their cell, and
 * those that are less sure of it than is asked for. In: strays-tile. Out: tile-strays. Errors: `RUN_CORRUPT` for damaged pieces.
 */
export const strays: Handler = async (input) => {
  const { task, cells, profiles } = straysTaskFrom(input);
  const verdicts = settledVerdictsIn(input, task.verdicts);
  const changes = changesOf(verdicts, task, cells, profiles);
  return tileStraysFrame(task.tile, changes, lostBy(verdicts, changes));
};

/** The transcripts that leave their cells. */
export function changesOf(
  { cell, probability, gene }: SettledVerdicts,
  { limit, minProbability, radiusUm }: Pick<StraysTask, 'limit' | 'minProbability' | 'radiusUm'>,
  cells: StrayCells,
  profiles: Profiles,
): StrayChanges {
  const around = new Surroundings(cells, profiles, radiusUm);
  const at: number[] = [];
  const outside: number[] = [];
  const leave = (i: number, sure: number): void => {
    at.push(i);
    outside.push(sure);
  };
  for (let i = 0; i < cell.length; i++) {
    if (cell[i] === 0) continue;
    if (probability[i] < minProbability) {
      leave(i, 1 - probability[i]);
      continue;
    }
    const place = gene[i] === NO_GENE ? undefined : around.placeOf(cell[i]);
    if (place === undefined) continue;
    const ratio = nativeRatio(profiles, cells.component[place], gene[i], around.of(place));
    if (ratio < limit) leave(i, strayProbability(ratio, limit));
  }
  return { at: Uint32Array.from(at), probability: Float32Array.from(outside) };
}

/** The components around cells, found when they are first asked for. Memory grows with cells x components. */
class Surroundings {
  private readonly cells: StrayCells;
  private readonly profiles: Profiles;
  private readonly neighbours: Neighbours;
  private readonly places: ReadonlyMap<number, number>;
  private readonly known: (Float64Array | undefined)[] = [];

  constructor(cells: StrayCells, profiles: Profiles, radiusUm: number) {
    this.cells = cells;
    this.profiles = profiles;
    this.neighbours = new Neighbours(cells, radiusUm);
    this.places = new Map([...cells.cell].map((cell, i) => [cell, i]));
  }

  placeOf(cell: number): number | undefined {
    return this.places.get(cell);
  }

  of(place: number): Float64Array {
    const known = this.known[place];
    if (known !== undefined) return known;
    const nearby = new Float64Array(this.profiles.components);
    for (const other of this.neighbours.of(place))
      nearby[this.cells.component[other]] += this.cells.transcripts[other];
    const mix = surroundings(nearby, this.profiles);
    this.known[place] = mix;
    return mix;
  }
}

/** How much expected count cells lose by gene. */
export function lostBy(
  { cell, probability, gene }: SettledVerdicts,
  { at, probability: outside }: StrayChanges,
): LostCounts {
  const lost = new Map<number, number>();
  at.forEach((place, i) => {
    if (gene[place] === NO_GENE) return;
    const key = cell[place] * GENES + gene[place];
    lost.set(key, (lost.get(key) ?? 0) + Math.round(LOST_UNITS * probability[place] * outside[i]));
  });
  const keys = Float64Array.from(lost.keys()).sort();
  return {
    cell: Uint32Array.from(keys, (key) => Math.floor(key / GENES)),
    gene: Uint16Array.from(keys, (key) => key % GENES),
    lost: Float64Array.from(keys, (key) => lost.get(key)!),
  };
}
