import type { UnetManifest } from '@spatile/formats/model/manifest';
import { invalid } from '@spatile/formats/model/read';
import { exp } from '@spatile/random/elementary';
import type { Dense } from '../../network/session.ts';
import type { Strip } from '../../network/strips.ts';

/** How far inside an instance each pixel lies, and whether it lies in one at all. */
export interface InsideMaps {
  /** Probability of being inside, in [0, 1], or distance to the outline in pixels; 0 outside. */
  inside: Float32Array;
  /** 1 where a pixel belongs to some instance. */
  mask: Uint8Array;
}

/** Classes of an output of so many channels: background, inside and border, a channel that is not there being -1. */
const CHANNELS = { inside: [0, 1, -1], insideBorder: [0, 1, 2] } as const;

/**
 * Takes the rows of a strip from a network's output. Errors: `MODEL_INVALID` when it has another number of values than its
 * classes ask for.
 */
export function takeInside(
  maps: Dense,
  { firstRow, endRow, window }: Strip,
  manifest: UnetManifest,
  to: InsideMaps,
  columns: number,
): void {
  const { classes, activation, output } = manifest.decode;
  const pixels = window.rows * window.columns;
  const single = classes === 'distance' || (classes === 'inside' && maps.data.length === pixels);
  const channels = single ? 1 : classes === 'inside' ? 2 : 3;
  if (maps.data.length !== channels * pixels) {
    throw invalid(
      manifest.weights.file,
      `the output ${output} has another shape`,
      maps.shape.join(' x '),
      `${channels} of ${window.rows} x ${window.columns}`,
    );
  }
  const last = manifest.input.axes.endsWith('C');
  const value = (at: number, c: number): number =>
    c < 0 ? Number.NEGATIVE_INFINITY : maps.data[last ? at * channels + c : c * pixels + at];
  const judge = judgeOf(classes, activation, single, value, manifest);
  for (let row = firstRow; row < endRow; row++) {
    for (let column = 0; column < columns; column++) {
      const [inside, belongs] = judge((row - window.row) * window.columns + column);
      if (!belongs) continue;
      to.inside[row * columns + column] = inside;
      to.mask[row * columns + column] = 1;
    }
  }
}

type Judge = (at: number) => readonly [inside: number, belongs: boolean];

function judgeOf(
  classes: UnetManifest['decode']['classes'],
  activation: UnetManifest['decode']['activation'],
  single: boolean,
  value: (at: number, channel: number) => number,
  { decode }: UnetManifest,
): Judge {
  if (classes === 'distance') {
    return (at) => {
      const distance = value(at, 0);
      return [distance, distance > decode.minDistancePx];
    };
  }
  const probability = (x: number): number => (activation === 'none' ? x : 1 / (1 + exp(-x)));
  if (single) {
    return (at) => {
      const p = probability(value(at, 0));
      return [p, p > decode.probability];
    };
  }
  const [background, inside, border] = CHANNELS[classes];
  return (at) => {
    const [b, i, e] = [value(at, background), value(at, inside), value(at, border)];
    if (activation !== 'softmax') return [probability(i), 1 - probability(b) > decode.probability];
    const most = Math.max(b, i, e);
    const sum = exp(b - most) + exp(i - most) + (border < 0 ? 0 : exp(e - most));
    return [exp(i - most) / sum, 1 - exp(b - most) / sum > decode.probability];
  };
}
