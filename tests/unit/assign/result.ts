import type { AssignResult } from '@spatile/formats/tile/assign';
import type { Verdicts } from '@spatile/formats/tile/claims';
import type { TileState } from '@spatile/formats/tile/state';

export interface Claim {
  row: number;
  cell: number;
  probability: number;
  dx?: number;
  dy?: number;
  dl?: number;
}

/** A cell with its voxels as runs (layer 0, row, column, length). */
export interface Shape {
  cell: number;
  component?: number;
  runs: [y: number, x: number, length: number][];
  loadings?: number[];
}

const verdictColumns = (list: Claim[]): Verdicts => ({
  cell: Uint32Array.from(list, ({ cell }) => cell),
  probability: Float32Array.from(list, ({ probability }) => probability),
  dx: Int8Array.from(list, ({ dx }) => dx ?? 0),
  dy: Int8Array.from(list, ({ dy }) => dy ?? 0),
  dl: Int8Array.from(list, ({ dl }) => dl ?? 0),
});

export function shapeColumns(shapes: Shape[]): Pick<AssignResult, 'runs' | 'cells' | 'loadings'> {
  const runs = shapes.flatMap(({ cell, runs }) => runs.map(([y, x, length]) => ({ cell, y, x, length })));
  return {
    runs: {
      cell: Uint32Array.from(runs, (run) => run.cell),
      layer: new Uint16Array(runs.length),
      y: Int32Array.from(runs, (run) => run.y),
      x: Int32Array.from(runs, (run) => run.x),
      length: Uint32Array.from(runs, (run) => run.length),
    },
    cells: {
      cell: Uint32Array.from(shapes, ({ cell }) => cell),
      component: Uint16Array.from(shapes, ({ component }) => component ?? 0),
    },
    loadings: { value: Float32Array.from(shapes.flatMap(({ loadings }) => loadings ?? [])) },
  };
}

/** A settled state; shapes and verdicts in their order. */
export function tileState(list: Claim[], shapes: Shape[]): TileState {
  const { cell, probability } = verdictColumns(list);
  const { runs, cells } = shapeColumns(shapes);
  return { verdicts: { cell, probability }, runs, cells };
}

/** A worker's result with these claims and shapes, both ascending. */
export const assignResult = ({
  claims,
  shapes = [],
}: {
  claims: Claim[];
  shapes?: Shape[];
}): AssignResult => ({
  meta: { tile: 'b0000', method: 'proseg', voxelUm: 1, layers: 1, layerUm: 0, diagnostics: {} },
  claims: { row: Uint32Array.from(claims, ({ row }) => row), ...verdictColumns(claims) },
  ...shapeColumns(shapes),
});
