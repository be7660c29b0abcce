import type { Finding, PriorOutline, PriorSource } from '../../bundle/slide.ts';
import { SpatileError } from '../../errors.ts';
import { priorSource, type Tally } from '../tally.ts';
import type { MaskReader } from './runs.ts';
import { LabelSweep, type Piece } from './sweep.ts';
import { traceRuns } from './trace.ts';

/** Where a mask lies on the slide. */
export interface MaskPlace {
  /** Microns per pixel of the mask. */
  pixelSizeUm: number;
  /** Upper left corner of the mask. */
  originUm: readonly [number, number];
}

/** Pieces of the labels of a mask: which one to take and what to say. */
interface MaskCensus {
  /** `firstPixel` of the piece that is taken, by label. */
  taken: Map<number, number>;
  /** For masks of 0 and 1: rank of every piece by `firstPixel`, from 1. */
  rank: Map<number, number> | null;
  labelsInPieces: number;
}

/**
 * Outlines of the labels of a mask in microns, exact to the pixel, one cell per label. A label in several pieces keeps its
 * largest (formats of vendors never need more, and a stray pixel would move the seed); of a bool mask every piece is a cell.
 * Two passes over the file; memory grows with the number of labels and the cells along one line.
 * Errors while streaming: `MASK_DTYPE` for values that are no labels, and those of the reader.
 */
export function maskPrior(
  kind: PriorSource['kind'],
  origin: string,
  mask: MaskReader,
  place: MaskPlace,
): PriorSource {
  const opened: Finding[] = [];
  const whole = (message: string): Finding => ({
    level: 'warning',
    code: 'MASK_DTYPE',
    message: `${origin}: ${message}`,
  });
  if (mask.dataType.startsWith('float'))
    opened.push(whole('the mask holds floats; they are taken as labels because all are whole'));
  if (mask.dataType === 'bool')
    opened.push(whole('the mask holds bool; pieces that hang together are taken as cells'));
  let census: Promise<MaskCensus> | null = null;
  return priorSource(kind, origin, opened, async function* (tally, note) {
    census ??= countPieces(mask).catch((error) => {
      census = null;
      throw error;
    });
    const found = await census;
    remark(mask, origin, found, tally, note);
    for await (const piece of piecesOf(mask, true)) {
      const outline = outlineOf(piece, found, mask.columns, place);
      if (outline !== null) yield outline;
    }
  });
}

async function* piecesOf(mask: MaskReader, keepRuns: boolean): AsyncGenerator<Piece> {
  const { widthPx, columns } = mask;
  const sweep = new LabelSweep(keepRuns, (line, at) => (columns ? at * widthPx + line : line * widthPx + at));
  for await (const line of mask.lines()) yield* sweep.next(line);
  yield* sweep.finish();
}

async function countPieces(mask: MaskReader): Promise<MaskCensus> {
  const largest = new Map<number, Piece>();
  const inPieces = new Set<number>();
  const firstPixels: number[] = [];
  const binary = mask.dataType === 'bool';
  for await (const piece of piecesOf(mask, false)) {
    if (binary) {
      firstPixels.push(piece.firstPixel);
      continue;
    }
    const other = largest.get(piece.label);
    if (other !== undefined) inPieces.add(piece.label);
    const better =
      other === undefined ||
      piece.areaPx > other.areaPx ||
      (piece.areaPx === other.areaPx && piece.firstPixel < other.firstPixel);
    if (better) largest.set(piece.label, piece);
  }
  firstPixels.sort((a, b) => a - b);
  return {
    taken: new Map(Array.from(largest, ([label, piece]) => [label, piece.firstPixel])),
    rank: binary ? new Map(firstPixels.map((pixel, i) => [pixel, i + 1])) : null,
    labelsInPieces: inPieces.size,
  };
}

function remark(
  mask: MaskReader,
  origin: string,
  census: MaskCensus,
  tally: Tally,
  note: (finding: Finding) => void,
): void {
  if (census.labelsInPieces > 0) tally.add('PRIOR_PIECES', census.labelsInPieces);
  const most = { uint8: 255, uint16: 65535 }[mask.dataType];
  if (most !== undefined && census.taken.size === most) {
    note({
      level: 'warning',
      code: 'MASK_SATURATED',
      message: `${origin}: all ${most} labels of ${mask.dataType} are used, so that some cells may share one; save the mask as 32-bit integers if there are more cells`,
    });
  }
}

function outlineOf(
  piece: Piece,
  census: MaskCensus,
  columns: boolean,
  place: MaskPlace,
): PriorOutline | null {
  const id = census.rank === null ? piece.label : census.rank.get(piece.firstPixel)!;
  if (census.rank === null && census.taken.get(piece.label) !== piece.firstPixel) return null;
  const [originX, originY] = place.originUm;
  const rings = traceRuns(piece.runs!, columns);
  for (const ring of rings) {
    for (let i = 0; i < ring.length; i += 2) {
      ring[i] = originX + ring[i] * place.pixelSizeUm;
      ring[i + 1] = originY + ring[i + 1] * place.pixelSizeUm;
    }
  }
  return { cellId: String(id), rings };
}

/**
 * Checks that a mask covers what it says it covers. Without an origin it must be as large as the image, to one pixel of the
 * coarser of the two; with one it must lie inside. Errors: `MASK_SHAPE`.
 */
export function checkMaskShape(
  mask: Pick<MaskReader, 'widthPx' | 'heightPx'>,
  place: MaskPlace,
  image: { sizePx: readonly [number, number]; pixelSizeUm: number },
  file: string,
): void {
  const scale = place.pixelSizeUm / image.pixelSizeUm;
  const tolerance = scale === 1 ? 0 : Math.max(1, scale);
  const size = [mask.widthPx * scale, mask.heightPx * scale];
  const start = [place.originUm[0] / image.pixelSizeUm, place.originUm[1] / image.pixelSizeUm];
  const crop = start[0] !== 0 || start[1] !== 0;
  const fits = [0, 1].every((axis) =>
    crop
      ? start[axis] >= -tolerance && start[axis] + size[axis] <= image.sizePx[axis] + Math.max(1, tolerance)
      : Math.abs(size[axis] - image.sizePx[axis]) <= tolerance,
  );
  if (fits) return;
  const swapped =
    !crop &&
    Math.abs(size[0] - image.sizePx[1]) <= tolerance &&
    Math.abs(size[1] - image.sizePx[0]) <= tolerance;
  const advice = swapped
    ? 'rows and columns seem swapped, so save the transposed mask'
    : 'give prior.maskPixelSizeUm and prior.maskOriginUm, or a mask of the size of the image';
  throw new SpatileError(
    'MASK_SHAPE',
    `${file}: the mask does not fit the image (${mask.widthPx}x${mask.heightPx} pixels of ${place.pixelSizeUm} um); expected ${crop ? 'a part of ' : ''}${image.sizePx[0]}x${image.sizePx[1]} pixels of ${image.pixelSizeUm} um; ${advice}`,
    { fields: { file, widthPx: mask.widthPx, heightPx: mask.heightPx } },
  );
}
