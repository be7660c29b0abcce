import type { ProsegConfig } from '@spatile/formats/config/schema';
import type { RectUm } from '@spatile/formats/space';
import { ln } from '@spatile/random/elementary';
import { RandomStream } from '@spatile/random/stream';
import { kmeans, squaredDistance } from './kmeans.ts';

export interface PilotCandidate {
  id: string;
  core: RectUm;
  /** Transcripts and cell seeds in the core (of the window, where only a window of the tile is to be the pilot). */
  transcripts: number;
  cells: number;
  /** Transcripts of the whole tile where `core` is a window of it. */
  tileTranscripts?: number;
  /** Random projection of the tile's gene profile, ln(1 + 100 * share); equally wide in all tiles. */
  projection?: ArrayLike<number>;
}

/** Pilots are added until they hold this much ... */
const WANTED_CELLS = 10_000;
const WANTED_TRANSCRIPTS = 3_000_000;
/** ... but beyond the first share of tiles not more than this share of the slide: the fit must stay cheap against the tiles. */
const MOST_OF_SLIDE = 0.05;

/**
 * Chooses the tiles on which the globals are fitted: tiles are clustered by density and gene profile into strata, each gives
 * its medoid and one tile at random, then the tiles least like any chosen one are added (they hold what the pilots lack, so
 * also the genes that are rare elsewhere). Between `fit.minPilots` and `fit.maxPilots` ids (fewer when fewer tiles hold both
 * cells and transcripts), ascending; a function of the tiles, the settings and the seed alone.
 */
export function choosePilots(
  tiles: readonly PilotCandidate[],
  { fit }: ProsegConfig,
  seed: number,
): string[] {
  const candidates = usable(tiles);
  const wanted = Math.min(
    candidates.length,
    Math.max(fit.minPilots, Math.ceil(fit.share * candidates.length)),
    Math.max(fit.minPilots, fit.maxPilots),
  );
  if (wanted === candidates.length) return candidates.map(({ id }) => id);
  const { features, width } = featuresOf(candidates);
  const chosen = new Set<number>();
  for (const tile of fromStrata(candidates, features, width, Math.ceil(wanted / 2), seed)) {
    if (chosen.size < wanted) chosen.add(tile);
  }
  const nearest = new Float64Array(candidates.length).fill(Infinity);
  const update = (tile: number): void => {
    for (let i = 0; i < nearest.length; i++)
      nearest[i] = Math.min(nearest[i], squaredDistance(features, i, features, tile, width));
  };
  for (const tile of chosen) update(tile);
  while (chosen.size < fit.maxPilots && chosen.size < candidates.length) {
    if (chosen.size >= wanted && !needsMore(candidates, chosen, fit.pilotTranscripts)) break;
    const next = farthest(nearest, chosen);
    chosen.add(next);
    update(next);
  }
  return candidates.filter((_, i) => chosen.has(i)).map(({ id }) => id);
}

/** Tiles a chain can run on, in order of id; when none holds both cells and transcripts, those that hold any. */
function usable(tiles: readonly PilotCandidate[]): PilotCandidate[] {
  const sorted = [...tiles].sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
  const full = sorted.filter(({ transcripts, cells }) => transcripts > 0 && cells > 0);
  return full.length > 0 ? full : sorted.filter(({ transcripts, cells }) => transcripts + cells > 0);
}

/** Row-major features: log density and, when all tiles have one, the projection; each column of unit variance. */
function featuresOf(tiles: readonly PilotCandidate[]): { features: Float64Array; width: number } {
  const projected = tiles.every(({ projection }) => projection !== undefined)
    ? tiles[0].projection!.length
    : 0;
  const width = 1 + projected;
  const features = new Float64Array(tiles.length * width);
  tiles.forEach(({ core, transcripts, projection }, i) => {
    features[i * width] = ln((transcripts + 1) / ((core.x1 - core.x0) * (core.y1 - core.y0)));
    for (let d = 0; d < projected; d++) features[i * width + 1 + d] = projection![d];
  });
  for (let d = 0; d < width; d++) {
    let mean = 0;
    for (let i = 0; i < tiles.length; i++) mean += features[i * width + d] / tiles.length;
    let variance = 0;
    for (let i = 0; i < tiles.length; i++) variance += (features[i * width + d] - mean) ** 2 / tiles.length;
    // Density weighs as much as the whole profile.
    const scale = variance > 0 ? Math.sqrt((d === 0 ? Math.max(1, projected) : 1) / variance) : 0;
    for (let i = 0; i < tiles.length; i++) features[i * width + d] = (features[i * width + d] - mean) * scale;
  }
  return { features, width };
}

/** Medoid and one random tile of every stratum; largest strata first. */
function fromStrata(
  tiles: readonly PilotCandidate[],
  features: Float64Array,
  width: number,
  strata: number,
  seed: number,
): number[] {
  const weights = tiles.map(({ transcripts }) => transcripts);
  const { cluster, centres } = kmeans(
    features,
    width,
    strata,
    new RandomStream(seed, 'assign.pilots.strata'),
    weights,
  );
  const members: number[][] = Array.from({ length: strata }, () => []);
  cluster.forEach((stratum, tile) => {
    members[stratum].push(tile);
  });
  const weightOf = (stratum: number[]): number => stratum.reduce((sum, tile) => sum + weights[tile], 0);
  const order = members.map((_, stratum) => stratum).filter((stratum) => members[stratum].length > 0);
  order.sort((a, b) => weightOf(members[b]) - weightOf(members[a]) || a - b);
  const medoids = order.map((stratum) => nearestTo(members[stratum], features, centres, stratum, width));
  const random = order.map((stratum, i) => {
    const others = members[stratum].filter((tile) => tile !== medoids[i]);
    return others.length > 0
      ? others[new RandomStream(seed, 'assign.pilots.random', stratum).integer(others.length)]
      : medoids[i];
  });
  return [...medoids, ...random];
}

function nearestTo(
  tiles: readonly number[],
  features: Float64Array,
  centres: Float64Array,
  stratum: number,
  width: number,
): number {
  let best = tiles[0];
  let least = Infinity;
  for (const tile of tiles) {
    const distance = squaredDistance(features, tile, centres, stratum, width);
    if (distance < least) {
      least = distance;
      best = tile;
    }
  }
  return best;
}

function farthest(nearest: Float64Array, chosen: ReadonlySet<number>): number {
  let best = -1;
  for (let i = 0; i < nearest.length; i++) {
    if (!chosen.has(i) && (best < 0 || nearest[i] > nearest[best])) best = i;
  }
  return best;
}

/** Whether the chosen pilots hold too few cells or transcripts and are still a small part of the slide. */
function needsMore(
  tiles: readonly PilotCandidate[],
  chosen: ReadonlySet<number>,
  pilotTranscripts: number,
): boolean {
  let slide = 0;
  let transcripts = 0;
  let cells = 0;
  tiles.forEach((tile, i) => {
    slide += tile.tileTranscripts ?? tile.transcripts;
    if (!chosen.has(i)) return;
    const held = Math.min(tile.transcripts, pilotTranscripts);
    transcripts += held;
    cells += (tile.cells * held) / tile.transcripts;
  });
  return (cells < WANTED_CELLS || transcripts < WANTED_TRANSCRIPTS) && transcripts < MOST_OF_SLIDE * slide;
}
