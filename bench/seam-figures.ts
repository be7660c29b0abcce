import type { RectUm } from '@spatile/formats/space';
import { readAnnotation, readPoints } from '@spatile/formats/spatialdata/read';
import { BORDER_BAND_UM, BorderBand } from '@spatile/instrument/judge/border-band';
import { evaluateAssignment } from '@spatile/instrument/judge/evaluate';
import { openResult } from '@spatile/instrument/judge/read/open-result';
import type { Truth } from '@spatile/instrument/judge/truth';

export type Place = 'border' | 'interior';
export const PLACES: readonly Place[] = ['border', 'interior'];

/** A tiled run beside two untiled runs (`a`, `b`: two seeds) of one slide, near the borders of its tiles and away from them. */
export interface PlaceFigures {
  transcripts: number;
  f1: { tiled: number; a: number; b: number };
  detection: { tiled: number; a: number; b: number };
  /** Share of judged transcripts that two runs put in different cells: tiled against a and b (mean), a against b. */
  disagreement: { tiled: number; untiled: number };
  /** Mean cell volume (area, of methods without depth) over that of the same cells in run a. */
  size: { tiled: number; untiled: number };
  cells: number;
}

export type SeamFigures = Record<Place, PlaceFigures>;

/** What is compared of one run. */
export interface LoadedRun {
  zarr: string;
  /** By row of the truth: number of the cell's name, the same in all runs; 0 = background or missing. */
  label: Uint32Array;
  /** Cell name -> volume in um3 (area in um2 of methods without depth), and distance of its seed to the nearest inner edge. */
  size: Map<string, number>;
  borderUm: Map<string, number>;
  cores: RectUm[];
  minQv: number;
}

/** Reads the verdicts and cells of a run; `numbers` gives cell names their numbers and grows. */
export async function loadRun(zarr: string, truth: Truth, numbers: Map<string, number>): Promise<LoadedRun> {
  const label = new Uint32Array(truth.ids.size);
  for await (const { length, columns, texts } of readPoints(zarr, 'transcripts', [
    'transcript_id',
    'cell_id',
  ])) {
    const ids = columns.transcript_id as BigUint64Array;
    const words = new Uint32Array(ids.buffer, ids.byteOffset, 2 * length);
    const codes = columns.cell_id as Uint32Array;
    const numberOf = texts.cell_id.map((name) => {
      if (name === '') return 0;
      if (!numbers.has(name)) numbers.set(name, numbers.size + 1);
      return numbers.get(name)!;
    });
    for (let i = 0; i < length; i++) {
      const row = truth.ids.rowOf(words, i);
      if (row >= 0) label[row] = numberOf[codes[i]];
    }
  }
  const { obsIndex, obs } = await readAnnotation(zarr);
  const byCell = (name: string): Map<string, number> => {
    const values = obs.find((column) => column.name === name)?.values;
    if (values === undefined) throw new Error(`${zarr}: the table has no column ${name}`);
    return new Map(obsIndex.map((cell, i) => [cell, Number(values[i])]));
  };
  const { cores = [], minQv = Number.NEGATIVE_INFINITY } = (await openResult(zarr)).facts;
  const volume = byCell('volume');
  const size = [...volume.values()].some((um3) => um3 > 0) ? volume : byCell('area');
  return { zarr, label, size, borderUm: byCell('border_distance'), cores, minQv };
}

/** Compares a tiled run with two untiled ones. A transcript's place is where it was born, a cell's that of its seed. */
export async function seamFigures(
  truth: Truth,
  tiled: LoadedRun,
  a: LoadedRun,
  b: LoadedRun,
): Promise<SeamFigures> {
  const { cores, minQv } = tiled;
  const judge = async ({ zarr }: LoadedRun): Promise<Record<Place, { f1: number; detection: number }>> => {
    const result = await openResult(zarr);
    const { border } = await evaluateAssignment(result.assignments(), truth, { cores, minQv });
    if (border === null) throw new Error(`${zarr}: no borders to judge`);
    const pick = ({ f1, detection }: typeof border.within) => ({ f1: f1 ?? 0, detection: detection ?? 0 });
    return { border: pick(border.within), interior: pick(border.away) };
  };
  const scores = { tiled: await judge(tiled), a: await judge(a), b: await judge(b) };
  const placeOf = transcriptPlaces(truth, cores, minQv);
  const figures = (place: Place): PlaceFigures => {
    const rows = placeOf[place];
    const of = (key: 'f1' | 'detection') => ({
      tiled: scores.tiled[place][key],
      a: scores.a[place][key],
      b: scores.b[place][key],
    });
    const cells = [...tiled.borderUm]
      .filter(([, distance]) => distance < BORDER_BAND_UM === (place === 'border'))
      .map(([cell]) => cell)
      .filter((cell) => a.size.has(cell) && b.size.has(cell));
    const size = (run: LoadedRun): number => cells.reduce((sum, cell) => sum + (run.size.get(cell) ?? 0), 0);
    return {
      transcripts: rows.length,
      f1: of('f1'),
      detection: of('detection'),
      disagreement: {
        tiled: (differing(rows, tiled.label, a.label) + differing(rows, tiled.label, b.label)) / 2,
        untiled: differing(rows, a.label, b.label),
      },
      size: { tiled: size(tiled) / size(a), untiled: size(b) / size(a) },
      cells: cells.length,
    };
  };
  return { border: figures('border'), interior: figures('interior') };
}

/** Rows of judged transcripts (genes of sufficient quality) born near tile borders and away from them. */
function transcriptPlaces(truth: Truth, cores: RectUm[], minQv: number): Record<Place, Uint32Array> {
  const { x, y, feature, genes, qv } = truth;
  const area = {
    x0: x.reduce((least, v) => Math.min(least, v), Number.POSITIVE_INFINITY),
    y0: y.reduce((least, v) => Math.min(least, v), Number.POSITIVE_INFINITY),
    x1: x.reduce((most, v) => Math.max(most, v), Number.NEGATIVE_INFINITY),
    y1: y.reduce((most, v) => Math.max(most, v), Number.NEGATIVE_INFINITY),
  };
  const band = new BorderBand(cores, area);
  const places: Record<Place, number[]> = { border: [], interior: [] };
  for (let row = 0; row < x.length; row++) {
    if (feature[row] >= genes || !(qv[row] >= minQv)) continue;
    places[band.contains(x[row], y[row]) ? 'border' : 'interior'].push(row);
  }
  return { border: Uint32Array.from(places.border), interior: Uint32Array.from(places.interior) };
}

function differing(rows: Uint32Array, one: Uint32Array, other: Uint32Array): number {
  let n = 0;
  for (const row of rows) if (one[row] !== other[row]) n++;
  return n / rows.length;
}
