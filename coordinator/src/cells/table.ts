import type { PriorSource, SlideBundle } from '@spatile/formats/bundle/slide';
import type { RunConfig } from '@spatile/formats/config/schema';
import { SpatileError } from '@spatile/formats/errors';
import { ringBounds } from '@spatile/formats/geometry/ring';
import type { Scan } from '../scan/scan.ts';
import { ringsCentroid } from './rings.ts';

/** Fewest transcripts that make a cell of the prior that has no outline: fewer do not say where it is. */
const MIN_TRANSCRIPTS_WITHOUT_OUTLINE = 3;

/**
 * The cells of the slide as all tiles know them before any work: ids, seeds and prior outlines. Cell k (1-based) is entry
 * k - 1; the order is by (seed y, seed x, prior id), so it depends on the input alone.
 */
export interface CellTable {
  priorId: string[];
  seedX: Float64Array;
  seedY: Float64Array;
  /** Rings in microns; empty arrays where the prior has none. */
  nucleus: Float64Array[][];
  outline: Float64Array[][];
  /**
   * Half-extent: largest distance from the seed to a vertex of the outlines, in microns; without outlines, to a corner of
   * the box of the cell's nuclear transcripts (of all of them when none is nuclear).
   */
  reachUm: Float64Array;
  /** Larger side of the bounding box of the same outlines or transcripts, microns. */
  diameterUm: Float64Array;
  /** What the prior was made from, for the report. */
  origins: string[];
  /** Whether prior ids are the bundle's own, so that they and the ids of its transcript table mean the same cells. */
  fromBundle: boolean;
  /** How many of the last cells a method found where the prior has none; absent until one has looked. */
  discovered?: number;
}

interface Draft {
  id: string;
  nucleus: Float64Array[];
  outline: Float64Array[];
  /** Rings that say how wide the cell is where it has no outline; not part of the prior's outlines. */
  extent: Float64Array[];
  seedX: number;
  seedY: number;
}

/**
 * Joins nuclei, cell outlines and per-transcript ids of the prior by cell id.
 * @param segmented what the run found in the images itself, which then is the only source; an empty list before it has looked.
 * Errors: `PRIOR_MISSING` when the wanted source is not there, `PRIOR_EMPTY` when it holds no usable cell.
 */
export async function buildCellTable(
  bundle: SlideBundle,
  filePrior: PriorSource | null,
  scan: Scan,
  config: RunConfig['prior'],
  contains: ((x: number, y: number) => boolean) | null,
  segmented: readonly PriorSource[] | null = null,
): Promise<CellTable> {
  const sources =
    segmented === null ? chooseSources(bundle, filePrior, scan, config) : segmentedSources(segmented);
  const drafts = new Map<string, Draft>();
  for (const source of sources.outlines) {
    for await (const { cellId, rings } of source.outlines()) {
      if (rings.length === 0) continue;
      let draft = drafts.get(cellId);
      if (draft === undefined) {
        draft = { id: cellId, nucleus: [], outline: [], extent: [], seedX: Number.NaN, seedY: Number.NaN };
        drafts.set(cellId, draft);
      }
      (source.kind === 'nucleus' ? draft.nucleus : draft.outline).push(...rings);
    }
  }
  if (config.cellsWithoutNucleus === 'drop' && sources.outlines.some((source) => source.kind === 'nucleus')) {
    for (const [id, draft] of drafts) if (draft.nucleus.length === 0) drafts.delete(id);
  }
  for (const draft of drafts.values()) seedFromRings(draft);
  if (sources.transcripts) addCellsFromTranscripts(drafts, scan, config);
  const cells = [...drafts.values()].filter(
    (cell) =>
      Number.isFinite(cell.seedX) &&
      Number.isFinite(cell.seedY) &&
      (contains === null || contains(cell.seedX, cell.seedY)),
  );
  // A run that has yet to look for cells is planned without any.
  if (cells.length === 0 && segmented?.length !== 0) {
    throw noUsableCell(sources, drafts.size, contains !== null);
  }
  cells.sort((a, b) => a.seedY - b.seedY || a.seedX - b.seedX || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
  return tableOf(cells, sources);
}

function noUsableCell({ origins, transcripts }: Sources, found: number, cropped: boolean): SpatileError {
  const rule = transcripts
    ? `an outline, or ${MIN_TRANSCRIPTS_WITHOUT_OUTLINE} transcripts of genes that name it`
    : 'an outline';
  const [wrong, expected] =
    found > 0 && cropped
      ? [
          `none of ${found} cells lies in the selection`,
          'a cell inside it; check --crop-unit and the selection',
        ]
      : [
          `no usable cell in the prior segmentation (${found} found)`,
          `at least one cell with ${rule}; check the prior or choose another with --set prior.source=…`,
        ];
  return new SpatileError('PRIOR_EMPTY', `${origins.join(' and ')}: ${wrong}; expected ${expected}`, {
    fields: { found },
  });
}

function tableOf(cells: Draft[], { origins, fromBundle }: Sources): CellTable {
  const reachUm = new Float64Array(cells.length);
  const diameterUm = new Float64Array(cells.length);
  cells.forEach((cell, i) => {
    const rings = [...cell.nucleus, ...cell.outline, ...cell.extent];
    for (const ring of rings) {
      for (let v = 0; v < ring.length; v += 2) {
        const dx = ring[v] - cell.seedX;
        const dy = ring[v + 1] - cell.seedY;
        reachUm[i] = Math.max(reachUm[i], Math.sqrt(dx * dx + dy * dy));
      }
    }
    if (rings.length > 0) {
      const box = ringBounds(rings)!;
      diameterUm[i] = Math.max(box.x1 - box.x0, box.y1 - box.y0);
    }
  });
  return {
    priorId: cells.map((cell) => cell.id),
    seedX: Float64Array.from(cells, (cell) => cell.seedX),
    seedY: Float64Array.from(cells, (cell) => cell.seedY),
    nucleus: cells.map((cell) => cell.nucleus),
    outline: cells.map((cell) => cell.outline),
    reachUm,
    diameterUm,
    origins,
    fromBundle,
  };
}

function seedFromRings(draft: Draft): void {
  const centroid = ringsCentroid(draft.nucleus.length > 0 ? draft.nucleus : draft.outline);
  draft.seedX = centroid.x;
  draft.seedY = centroid.y;
}

function addCellsFromTranscripts(drafts: Map<string, Draft>, scan: Scan, config: RunConfig['prior']): void {
  const { transcripts, sumX, sumY, nuclear, nuclearSumX, nuclearSumY } = scan.cellTally;
  const { minX, maxX, minY, maxY } = scan.cellTally;
  scan.cellIds.forEach((id, i) => {
    if (drafts.has(id) || transcripts[i] < MIN_TRANSCRIPTS_WITHOUT_OUTLINE) return;
    if (scan.anyNuclear && nuclear[i] === 0 && config.cellsWithoutNucleus === 'drop') return;
    const byNucleus = nuclear[i] > 0;
    const n = byNucleus ? nuclear[i] : transcripts[i];
    drafts.set(id, {
      id,
      nucleus: [],
      outline: [],
      extent: [Float64Array.of(minX[i], minY[i], maxX[i], minY[i], maxX[i], maxY[i], minX[i], maxY[i])],
      seedX: (byNucleus ? nuclearSumX[i] : sumX[i]) / n,
      seedY: (byNucleus ? nuclearSumY[i] : sumY[i]) / n,
    });
  });
}

interface Sources {
  outlines: PriorSource[];
  transcripts: boolean;
  origins: string[];
  fromBundle: boolean;
}

const segmentedSources = (outlines: readonly PriorSource[]): Sources => ({
  outlines: [...outlines],
  transcripts: false,
  origins: outlines.map(({ origin }) => origin),
  fromBundle: false,
});

function chooseSources(
  bundle: SlideBundle,
  file: PriorSource | null,
  scan: Scan,
  config: RunConfig['prior'],
): Sources {
  const hasIds = bundle.transcripts.has.cell && scan.cellIds.length > 0;
  const idsOrigin = 'cell ids of the transcript table';
  const ids = hasIds
    ? 'with cell ids per transcript'
    : bundle.transcripts.has.cell
      ? 'and no transcript has a cell'
      : 'without cell ids per transcript';
  const missing = (what: string): SpatileError =>
    new SpatileError(
      'PRIOR_MISSING',
      `${bundle.name}: no ${what} found (${bundle.priors.map((prior) => prior.origin).join(', ') || 'no outlines'}, ${ids}); expected one; give nuclei or cells with --set prior.file=FILE, name the column of cell ids of a plain table with --set input.columns.cell=NAME, or choose another --set prior.source=…`,
    );
  if (file !== null && config.source !== 'file' && config.source !== 'auto') {
    throw new SpatileError(
      'CONFIG_INVALID',
      `prior.source: ${config.source} contradicts prior.file (${file.origin}); expected file or auto with a file; leave out one of the two`,
    );
  }
  if (file !== null || config.source === 'file') {
    if (file === null) throw missing('prior file (prior.source is file, prior.file is not set)');
    return { outlines: [file], transcripts: false, origins: [file.origin], fromBundle: false };
  }
  if (config.source === 'nucleus' || config.source === 'cell') {
    const outlines = bundle.priors.filter((prior) => prior.kind === config.source);
    if (outlines.length === 0) throw missing(`${config.source} boundaries`);
    return {
      outlines,
      transcripts: false,
      origins: outlines.map((prior) => prior.origin),
      fromBundle: true,
    };
  }
  if (config.source === 'transcripts') {
    if (!hasIds) throw missing('per-transcript cell ids');
    return { outlines: [], transcripts: true, origins: [idsOrigin], fromBundle: true };
  }
  if (bundle.priors.length === 0 && !hasIds)
    throw missing('prior segmentation (nuclei, cells or per-transcript ids)');
  return {
    outlines: bundle.priors,
    transcripts: hasIds,
    origins: [...bundle.priors.map((prior) => prior.origin), ...(hasIds ? [idsOrigin] : [])],
    fromBundle: true,
  };
}
