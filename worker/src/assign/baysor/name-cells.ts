import { distanceToRectUm, rectContains } from '@spatile/formats/space';
import type { AssignTile } from '@spatile/formats/tile/assign';
import { DISCOVERED, type Discovered } from '@spatile/formats/tile/baysor';
import type { Mixture, Start } from './mixture.ts';

/** Discovered cells this many scales beyond the core are reported too: a neighbour may see their seed inside it. */
const BEYOND_SCALES = 2;

/** What the components of a tile are called. */
export interface Names {
  /** Slide cell, or `DISCOVERED` plus an index, of each component that is reported; 0 = not reported. Entry c: component c. */
  cell: Uint32Array;
  discovered: Discovered;
}

/**
 * Names the components after their last iteration. One that began as a prior cell is that cell; a free one that holds at least
 * half of the molecules of a prior cell without a component of its own takes its name (the largest part first); any other free
 * one of at least m molecules is a discovered cell. Only owned prior cells, and discovered ones in the core or close by, are
 * reported.
 */
export function nameComponents(
  tile: AssignTile,
  mixture: Mixture,
  priorOf: Start['priorOf'],
  label: Int32Array,
): Names {
  const { components, settings } = mixture;
  const size = new Uint32Array(components + 1);
  for (const c of label) size[c]++;
  const prior = priorCellOf(mixture, priorOf, label, size, tile.cells.cell.length);
  const cell = new Uint32Array(components + 1);
  const found: { component: number; x: number; y: number }[] = [];
  const centre = centres(mixture, label, size);
  for (let c = 1; c <= components; c++) {
    if (size[c] === 0) continue;
    if (prior[c] !== 0) {
      if (tile.cells.owned[prior[c] - 1] === 1) cell[c] = tile.cells.cell[prior[c] - 1];
      continue;
    }
    if (size[c] < settings.minTranscriptsPerCell) continue;
    const x = tile.meta.region.x0 + centre[2 * c];
    const y = tile.meta.region.y0 + centre[2 * c + 1];
    const near = BEYOND_SCALES * settings.scaleUm;
    if (rectContains(tile.meta.core, x, y) || distanceToRectUm(tile.meta.core, x, y) <= near)
      found.push({ component: c, x, y });
  }
  found.sort((a, b) => a.y - b.y || a.x - b.x || a.component - b.component);
  found.forEach(({ component }, k) => {
    cell[component] = DISCOVERED + k;
  });
  return {
    cell,
    discovered: {
      seedX: Float64Array.from(found, ({ x }) => x),
      seedY: Float64Array.from(found, ({ y }) => y),
      transcripts: Uint32Array.from(found, ({ component }) => size[component]),
    },
  };
}

/** Prior cell (k = the (k-1)-th of the tile) of each component, 0 = none. */
function priorCellOf(
  { molecules, segment, segmentSize, components }: Mixture,
  priorOf: Uint32Array,
  label: Int32Array,
  size: Uint32Array,
  priorCells: number,
): Uint32Array {
  const out = new Uint32Array(components + 1);
  const alive = new Uint8Array(priorCells + 1);
  for (let c = 1; c <= components; c++) {
    if (size[c] === 0) continue;
    out[c] = priorOf[c];
    alive[priorOf[c]] = 1;
  }
  const held = new Map<number, Map<number, number>>();
  for (let i = 0; i < molecules.n; i++) {
    const s = segment[i];
    if (s === 0 || label[i] === 0 || alive[s] === 1 || out[label[i]] !== 0) continue;
    const of = held.get(s) ?? new Map<number, number>();
    held.set(s, of);
    of.set(label[i], (of.get(label[i]) ?? 0) + 1);
  }
  for (const s of [...held.keys()].sort((a, b) => a - b)) {
    let best = 0;
    let most = 0;
    for (const [c, n] of held.get(s)!)
      if (out[c] === 0 && (n > most || (n === most && c < best))) [best, most] = [c, n];
    if (2 * most >= segmentSize[s] && best !== 0) out[best] = s;
  }
  return out;
}

function centres({ molecules, components }: Mixture, label: Int32Array, size: Uint32Array): Float64Array {
  const out = new Float64Array(2 * (components + 1));
  for (let i = 0; i < label.length; i++) {
    out[2 * label[i]] += molecules.x[i];
    out[2 * label[i] + 1] += molecules.y[i];
  }
  for (let c = 0; c <= components; c++) {
    out[2 * c] /= Math.max(1, size[c]);
    out[2 * c + 1] /= Math.max(1, size[c]);
  }
  return out;
}
