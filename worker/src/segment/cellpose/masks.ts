import type { CellposeManifest } from '@spatile/formats/model/manifest';
import { bindCellpose } from '../../../kernels/bind-cellpose.ts';
import type { Instances } from '../method.ts';
import { tidy } from '../tidy.ts';
import { fillHoles } from './holes.ts';
import type { FlowMaps } from './patches.ts';
import { masksOf } from './sinks.ts';

/** A network's flow of one pixel is 5 long. */
const FLOW_UNIT = 5;

/**
 * Instances from flows (Stringer et al., Nat Methods 18:100, 2021): foreground pixels follow the flow, those that end at the
 * same sink are one mask; masks whose own flow differs too much from the network's are dropped. Every rule is local: areas
 * are absolute, and a mask's flow spreads as long as its own size asks for, so that a tile gives what the slide gives.
 *
 * Scores: 1 - flow error / 4, in [0, 1]; 1 where errors are not asked for.
 */
export async function instancesFromFlows(
  maps: FlowMaps,
  rows: number,
  columns: number,
  decode: CellposeManifest['decode'],
  minPixels: number,
  maxPixels: number,
): Promise<Instances> {
  const foreground: number[] = [];
  for (let i = 0; i < rows * columns; i++) if (maps.logit[i] > decode.logit) foreground.push(i);
  const kernel = await bindCellpose({ rows, columns, pixels: foreground.length });
  kernel.from.set(foreground);
  const { flow } = kernel;
  for (const i of foreground) {
    flow[2 * i] = finite(maps.flowRow[i] / FLOW_UNIT);
    flow[2 * i + 1] = finite(maps.flowColumn[i] / FLOW_UNIT);
  }
  kernel.follow(decode.steps);
  const { labels, count } = masksOf(kernel.from, kernel.sink, rows, columns);
  const boxes = boxesOf(labels, columns, count);
  const errors = decode.flowError > 0 ? errorsOf(kernel, labels, columns, boxes) : new Float64Array(count);
  const drop = errors.map((error, i) =>
    boxes[i].pixels > maxPixels || (decode.flowError > 0 && error > decode.flowError) ? 1 : 0,
  );
  for (let i = 0; i < labels.length; i++) if (labels[i] > 0 && drop[labels[i] - 1] === 1) labels[i] = 0;
  const scores = Float32Array.from(errors, (error) => Math.max(0, 1 - error / 4));
  const instances = await tidy(labels, rows, columns, scores, minPixels);
  fillHoles(instances);
  return instances;
}

const finite = (value: number): number => (Number.isFinite(value) ? value : 0);

/** A mask's bounding box, its pixels and the sums of their places. */
interface Box {
  top: number;
  left: number;
  bottom: number;
  right: number;
  pixels: number;
  sumRow: number;
  sumColumn: number;
}

function boxesOf(labels: Int32Array, columns: number, count: number): Box[] {
  const boxes: Box[] = Array.from({ length: count }, () => ({
    top: Number.POSITIVE_INFINITY,
    left: Number.POSITIVE_INFINITY,
    bottom: -1,
    right: -1,
    pixels: 0,
    sumRow: 0,
    sumColumn: 0,
  }));
  for (let at = 0; at < labels.length; at++) {
    if (labels[at] === 0) continue;
    const box = boxes[labels[at] - 1];
    const row = Math.floor(at / columns);
    const column = at - row * columns;
    box.top = Math.min(box.top, row);
    box.left = Math.min(box.left, column);
    box.bottom = Math.max(box.bottom, row);
    box.right = Math.max(box.right, column);
    box.pixels++;
    box.sumRow += row;
    box.sumColumn += column;
  }
  return boxes;
}

function errorsOf(
  kernel: Awaited<ReturnType<typeof bindCellpose>>,
  labels: Int32Array,
  columns: number,
  boxes: readonly Box[],
): Float64Array {
  const errors = new Float64Array(boxes.length);
  if (boxes.length === 0) return errors;
  const sides = (box: Box): [number, number] => [box.bottom - box.top + 1, box.right - box.left + 1];
  const most = boxes.reduce((size, box) => {
    const [height, width] = sides(box);
    return Math.max(size, (height + 2) * (width + 2));
  }, 0);
  const { labels: own, maskError } = kernel.withLabels(most);
  own.set(labels);
  for (const [i, box] of boxes.entries()) {
    const [row, column] = centreOf(labels, columns, i + 1, box);
    errors[i] = maskError(i + 1, box.top, box.left, ...sides(box), row, column);
  }
  return errors;
}

/** The mask's pixel nearest to its mean place; of several the first in reading order. */
function centreOf(labels: Int32Array, columns: number, label: number, box: Box): [number, number] {
  const meanRow = Math.round(box.sumRow / box.pixels);
  const meanColumn = Math.round(box.sumColumn / box.pixels);
  let nearest = Number.POSITIVE_INFINITY;
  let found: [number, number] = [box.top, box.left];
  for (let row = box.top; row <= box.bottom; row++) {
    for (let column = box.left; column <= box.right; column++) {
      if (labels[row * columns + column] !== label) continue;
      const apart = (row - meanRow) ** 2 + (column - meanColumn) ** 2;
      if (apart < nearest) {
        nearest = apart;
        found = [row, column];
      }
    }
  }
  return found;
}
