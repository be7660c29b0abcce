import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { basename } from 'node:path';
import { Dataset, File, Group, ready } from 'h5wasm/node';
import type { PriorSource } from '../bundle/slide.ts';
import { isSpatileError, SpatileError } from '../errors.ts';
import { openFailed } from '../tabular/open-failed.ts';
import { PlaneCensus, type PlaneChoice, planeFinding } from './planes.ts';
import { priorSource, type Tally } from './tally.ts';
import { usableRings } from './usable-rings.ts';

/** Most vertices that one part of a cell may have. */
const MAX_VERTICES = 1 << 20;

/**
 * Cells of older MERSCOPE exports: `cell_boundaries/feature_data_*.hdf5`, one file per field of view, each with
 * `featuredata/<EntityID>/zIndex_<k>/p_<j>/coordinates` of shape (1, vertices, 2) in microns. One outline per cell, chosen
 * as for the Parquet export; two passes, one file open at a time.
 * @param paths the files; `origin` names them for people.
 * Errors while streaming: `INPUT_UNREADABLE`, `PRIOR_INVALID`.
 */
export function merscopeHdf5Prior(paths: readonly string[], origin: string): PriorSource {
  let choice: Promise<PlaneChoice> | null = null;
  return priorSource('cell', origin, [], async function* (tally, note) {
    choice ??= choosePlanes(paths).catch((error) => {
      choice = null;
      throw error;
    });
    const { ofCell, ...planes } = await choice;
    if (planes.planes.length > 1) note(planeFinding(origin, planes));
    if (planes.elsewhere > 0) tally.add('PRIOR_OTHER_PLANE', planes.elsewhere);
    for (const path of paths) {
      yield* await readFile(path, (file) => outlinesOf(path, file, ofCell, tally));
    }
  });
}

/** Opens a file for one piece of work and closes it again; damage becomes `PRIOR_INVALID`. */
async function readFile<T>(path: string, work: (file: File) => T): Promise<T> {
  // Node's own check says why a file cannot be opened; HDF5 does not.
  await access(path, constants.R_OK).catch((cause) => {
    throw openFailed(path, cause);
  });
  // Without this the library prints its error stack and goes on with an invalid file.
  (await ready).activate_throwing_error_handler();
  let file: File | null = null;
  try {
    file = new File(path, 'r');
    return work(file);
  } catch (cause) {
    if (isSpatileError(cause)) throw cause;
    throw invalid(path, `the file cannot be read (${hdf5Reason(cause)})`);
  } finally {
    file?.close();
  }
}

/** The innermost message of an HDF5 error stack, whose lines read `#006: file line 418 in function(): message`. */
function hdf5Reason(cause: unknown): string {
  const text = cause instanceof Error ? cause.message : String(cause);
  const messages = Array.from(text.matchAll(/#\d+: .*?\(\): (.*)/g), ([, message]) => message);
  return messages.at(-1) ?? text.split('\n', 1)[0];
}

const invalid = (path: string, what: string): SpatileError =>
  new SpatileError(
    'PRIOR_INVALID',
    `${basename(path)}: ${what}; expected cell boundaries of MERSCOPE in HDF5; copy or export the file again`,
    { fields: { file: path } },
  );

async function choosePlanes(paths: readonly string[]): Promise<PlaneChoice> {
  const census = new PlaneCensus();
  for (const path of paths) {
    await readFile(path, (file) => {
      for (const [cellId, cell] of cellsOf(path, file)) {
        for (const plane of cell.keys()) {
          const index = /^zIndex_(\d+)$/.exec(plane)?.[1];
          if (index !== undefined && partsOf(cell, plane).length > 0) census.note(cellId, Number(index));
        }
      }
    });
  }
  return census.choose();
}

function* cellsOf(path: string, file: File): Generator<[string, Group]> {
  const features = file.get('featuredata');
  if (!(features instanceof Group)) throw invalid(path, 'it has no group featuredata');
  for (const cellId of features.keys().sort()) {
    const cell = features.get(cellId);
    if (cell instanceof Group) yield [cellId, cell];
  }
}

/** Names of the parts of a cell in one plane, such as `p_0`. */
function partsOf(cell: Group, plane: string): string[] {
  const group = cell.get(plane);
  return group instanceof Group
    ? group
        .keys()
        .filter((name) => name.startsWith('p_'))
        .sort()
    : [];
}

function outlinesOf(
  path: string,
  file: File,
  ofCell: ReadonlyMap<string, number>,
  tally: Tally,
): { cellId: string; rings: Float64Array[] }[] {
  const outlines: { cellId: string; rings: Float64Array[] }[] = [];
  for (const [cellId, cell] of cellsOf(path, file)) {
    const plane = ofCell.get(cellId);
    if (plane === undefined) {
      tally.add('PRIOR_NULL_GEOMETRY');
      continue;
    }
    const name = `zIndex_${plane}`;
    const rings = partsOf(cell, name).map((part) =>
      ringOf(path, cell.get(`${name}/${part}/coordinates`), cellId),
    );
    const usable = usableRings(rings, tally);
    if (usable.length > 0) outlines.push({ cellId, rings: usable });
  }
  return outlines;
}

function ringOf(path: string, coordinates: unknown, cellId: string): Float64Array {
  const shape = coordinates instanceof Dataset ? coordinates.shape : null;
  if (shape === null || shape[shape.length - 1] !== 2 || !(shape[shape.length - 2] <= MAX_VERTICES)) {
    throw invalid(
      path,
      `cell ${cellId} has no coordinates of shape (1, n, 2) (found: ${shape?.join(' x ') ?? 'none'})`,
    );
  }
  const points = 2 * shape[shape.length - 2];
  const values = (coordinates as Dataset).value;
  if (!(values instanceof Float64Array || values instanceof Float32Array) || values.length < points) {
    throw invalid(path, `the coordinates of cell ${cellId} are no floats`);
  }
  return Float64Array.from(values.subarray(0, points));
}
