import { distanceToRectUm, type RectUm, rectContains } from '@spatile/formats/space';
import { type AssignResult, type AssignTile, CONTROL_GENE } from '@spatile/formats/tile/assign';
import {
  DISCOVERED,
  DISCOVERIES_PIECE,
  type Discovered,
  discoveriesFrame,
  type SharedRows,
} from '@spatile/formats/tile/baysor';
import type { Claims } from '@spatile/formats/tile/claims';
import { encodeFrame, type Frame } from '@spatile/formats/tile/frame';
import { labelRuns } from '../../raster/labels.ts';
import type { PixelWindow } from '../../raster/lattice.ts';
import { labelAt } from '../geometric-result.ts';
import { ownedBy, partedFrame } from '../proseg/settle/parts.ts';
import type { Fates } from './iterate.ts';
import type { Mixture } from './mixture.ts';
import type { Names } from './name-cells.ts';

/** Discoveries whose seed is nearer than this many scales to an edge of the core may be a neighbour's as well. */
const BORDER_SCALES = 4;

/**
 * The result of one tile: claims of the core and of reported cells in the halo, and the pixels of reported cells, in parts
 * (`bandUm` wide along the edges), and what was discovered.
 */
export function baysorResult(
  tile: AssignTile,
  mixture: Mixture,
  fates: Fates,
  names: Names,
  ground: { window: PixelWindow; labels: Int32Array },
  diagnostics: Record<string, number>,
  bandUm: number,
): Frame {
  const claims = claimsOf(tile, mixture, fates, names, ground);
  const { runs, cells } = pixelsOf(mixture, names, ground);
  const result: AssignResult = {
    meta: {
      tile: tile.meta.tile,
      method: 'baysor',
      voxelUm: ground.window.sizeUm,
      layers: 1,
      layerUm: 0,
      diagnostics,
    },
    claims,
    runs,
    cells,
    loadings: { value: new Float32Array(0) },
  };
  const owns = ownedBy(tile);
  const frame = partedFrame(result, tile, bandUm, (cell) => cell >= DISCOVERED || owns(cell));
  const shared = sharedRows(
    claims,
    names.discovered,
    tile.meta.core,
    BORDER_SCALES * mixture.settings.scaleUm,
  );
  return {
    ...frame,
    pieces: { ...frame.pieces, [DISCOVERIES_PIECE]: encodeFrame(discoveriesFrame(names.discovered, shared)) },
  };
}

/**
 * Rows of the transcripts of discovered cells where another tile may have found the same cell.
 * @param borderUm a seed farther than this from every edge of the core is seen by no other tile as a cell of its own.
 */
export function sharedRows(
  { cell, row }: Pick<Claims, 'cell' | 'row'>,
  { seedX, seedY }: Discovered,
  { x0, y0, x1, y1 }: RectUm,
  borderUm: number,
): SharedRows {
  const inner = { x0: x0 + borderUm, y0: y0 + borderUm, x1: x1 - borderUm, y1: y1 - borderUm };
  const isDeep = (index: number): boolean =>
    inner.x0 < inner.x1 && inner.y0 < inner.y1 && distanceToRectUm(inner, seedX[index], seedY[index]) === 0;
  const deep = Uint8Array.from(seedX, (_, index) => (isDeep(index) ? 1 : 0));
  const at = Uint32Array.from(cell.keys()).filter(
    (i) => cell[i] >= DISCOVERED && deep[cell[i] - DISCOVERED] === 0,
  );
  return {
    index: Uint32Array.from(at, (i) => cell[i] - DISCOVERED),
    row: Uint32Array.from(at, (i) => row[i]),
  };
}

/**
 * A control takes the cell of the ground it lies on, with no say of its own. A transcript of a component that is not reported is
 * background here with probability 0: nothing is known of how likely background is.
 */
function claimsOf(
  { meta, transcripts }: AssignTile,
  { molecules }: Mixture,
  { label, share }: Fates,
  names: Names,
  ground: { window: PixelWindow; labels: Int32Array },
): AssignResult['claims'] {
  const { row, x, y, gene } = transcripts;
  const component = new Int32Array(row.length);
  const probability = new Float32Array(row.length).fill(1);
  for (let i = 0; i < molecules.n; i++) {
    component[molecules.at[i]] = label[i];
    probability[molecules.at[i]] = share[i];
  }
  const cellOf = (i: number): number => names.cell[component[i]];
  const kept: number[] = [];
  for (let i = 0; i < row.length; i++) {
    if (gene[i] === CONTROL_GENE) component[i] = labelAt(ground.labels, ground.window, x[i], y[i]);
    if (rectContains(meta.core, x[i], y[i]) || cellOf(i) !== 0) kept.push(i);
  }
  const unmoved = (): Int8Array => new Int8Array(kept.length);
  return {
    row: Uint32Array.from(kept, (i) => row[i]),
    cell: Uint32Array.from(kept, cellOf),
    probability: Float32Array.from(kept, (i) => (component[i] !== 0 && cellOf(i) === 0 ? 0 : probability[i])),
    dx: unmoved(),
    dy: unmoved(),
    dl: unmoved(),
  };
}

function pixelsOf(
  { components, mainCluster }: Mixture,
  { cell }: Names,
  { window, labels }: { window: PixelWindow; labels: Int32Array },
): Pick<AssignResult, 'runs' | 'cells'> {
  const wanted = Uint8Array.from(cell, (name) => (name === 0 ? 0 : 1));
  const { start, y, x, length } = labelRuns(labels, window, wanted);
  const order: number[] = [];
  for (let c = 1; c <= components; c++) if (start[c + 1] > start[c]) order.push(c);
  order.sort((a, b) => cell[a] - cell[b]);
  const runs: AssignResult['runs'] = {
    cell: new Uint32Array(y.length),
    layer: new Uint16Array(y.length),
    y: new Int32Array(y.length),
    x: new Int32Array(y.length),
    length: new Uint32Array(y.length),
  };
  let at = 0;
  for (const c of order) {
    const [from, to] = [start[c], start[c + 1]];
    runs.cell.fill(cell[c], at, at + to - from);
    runs.y.set(y.subarray(from, to), at);
    runs.x.set(x.subarray(from, to), at);
    runs.length.set(length.subarray(from, to), at);
    at += to - from;
  }
  return {
    runs,
    cells: {
      cell: Uint32Array.from(order, (c) => cell[c]),
      component: Uint16Array.from(order, (c) => mainCluster[c]),
    },
  };
}
