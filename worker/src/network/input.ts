import { SpatileError } from '@spatile/formats/errors';
import type { ModelManifest } from '@spatile/formats/model/manifest';
import type { ImageModel, Planes } from '../segment/method.ts';
import type { Dense } from './session.ts';

/** How far the pixel size of a tile may be from that of the network. */
const PIXEL_SIZE_FACTOR = 2;

/** A window of a tile in its own pixels; it may reach over the tile's edge. */
export interface Window {
  row: number;
  column: number;
  rows: number;
  columns: number;
}

/** Cuts windows out of a tile in the form a network takes. */
export interface InputCutter {
  /**
   * Normalised float32 in the axes of the manifest. Beyond the tile's edge lies its mirror image (`mirror`, without
   * repeating the edge) or zero.
   */
  cut(window: Window, beyond: 'mirror' | 'zero'): Dense;
}

/**
 * Prepares a tile for a network: the manifest's channels in order, normalised by the numbers of the slide; pixels that are no
 * numbers count as the lower limit.
 *
 * Errors: `CONFIG_INVALID` when the tile has other channels than the network or a pixel size that is off by more than 2.
 */
export function inputCutter(planes: Planes, model: ImageModel, manifest: ModelManifest): InputCutter {
  const { axes, channels, normalise, invert } = manifest.input;
  const places = planesOf(planes, model, manifest);
  const scales = places.map((plane) => {
    if (plane === null) return null;
    return { pixels: planes.channels[plane], ...scaleOf(normalise, invert, model.limits[plane]) };
  });
  const clip = normalise.kind === 'percentile' && normalise.clip;
  const last = axes.endsWith('C');
  return {
    cut({ row, column, rows, columns }, beyond) {
      const count = channels.length;
      const data = new Float32Array(count * rows * columns);
      const xs = sources(column, columns, planes.columns, beyond);
      const ys = sources(row, rows, planes.rows, beyond);
      const begin = Math.min(columns, Math.max(0, -column));
      const end = Math.max(begin, Math.min(columns, planes.columns - column));
      const outside = [...xs.keys()].filter((x) => (x < begin || x >= end) && xs[x] >= 0);
      for (const [c, scale] of scales.entries()) {
        if (scale === null) continue;
        const stride = last ? count : 1;
        for (let y = 0; y < rows; y++) {
          if (ys[y] < 0) continue;
          const source = scale.pixels.subarray(ys[y] * planes.columns, (ys[y] + 1) * planes.columns);
          const to = last ? y * columns * count + c : (c * rows + y) * columns;
          normaliseRow(source, column, begin, end, scale, data, to, stride);
          for (const x of outside) normaliseRow(source, xs[x] - x, x, x + 1, scale, data, to, stride);
        }
      }
      if (clip) for (let i = 0; i < data.length; i++) data[i] = Math.min(1, Math.max(0, data[i]));
      return { data, shape: shapeOf(axes, count, rows, columns) };
    },
  };
}

/** Writes pixels `from` to `end` of a row of a window; pixel x shows pixel `first` + x of the source. */
function normaliseRow(
  source: Float32Array,
  first: number,
  from: number,
  end: number,
  { offset, factor }: { offset: number; factor: number },
  data: Float32Array,
  to: number,
  stride: number,
): void {
  for (let x = from, at = to + from * stride; x < end; x++, at += stride) {
    const value = (source[first + x] - offset) * factor;
    // Of what is no finite number the difference is none either.
    data[at] = value - value === 0 ? value : 0;
  }
}

const COLOURS = ['red', 'green', 'blue'];

/** Which plane of the tile each channel of the input is; null is a plane of zeros. Of a colour image any colours may be taken. */
function planesOf(planes: Planes, { limits }: ImageModel, { name, input }: ModelManifest): (number | null)[] {
  const ratio = planes.pixelSizeUm / input.pixelSizeUm;
  if (!(ratio > 1 / PIXEL_SIZE_FACTOR && ratio < PIXEL_SIZE_FACTOR)) {
    throw new SpatileError(
      'CONFIG_INVALID',
      `segment.model: the network ${name} does not fit the pixels (${planes.pixelSizeUm} um); expected about ${input.pixelSizeUm} um; check the pixel size of the image`,
    );
  }
  const wanted = input.channels.filter((role) => role !== 'zero');
  const found = planes.channels.length;
  const coloured = found === COLOURS.length && wanted.every((role) => COLOURS.includes(role));
  if ((!coloured && found !== wanted.length) || limits.length < found) {
    throw new SpatileError(
      'CONFIG_INVALID',
      `segment.channels: the network ${name} takes other channels (${found} chosen); expected ${wanted.length} (${wanted.join(', ')}); name them in this order`,
    );
  }
  let next = 0;
  return input.channels.map((role) => {
    if (role === 'zero') return null;
    return coloured ? COLOURS.indexOf(role) : next++;
  });
}

/** value = (pixel - offset) * factor. */
function scaleOf(
  normalise: ModelManifest['input']['normalise'],
  invert: boolean,
  { low, high }: { low: number; high: number },
): { offset: number; factor: number } {
  if (normalise.kind === 'constant') {
    if (!invert) return { offset: normalise.offset, factor: normalise.scale };
    // 1 - (x - offset) * scale
    return { offset: normalise.offset + 1 / normalise.scale, factor: -normalise.scale };
  }
  const factor = high > low ? 1 / (high - low) : 0;
  return invert ? { offset: high, factor: -factor } : { offset: low, factor };
}

/** For each pixel of a window's side the pixel of the tile it shows, or -1. */
function sources(from: number, count: number, size: number, beyond: 'mirror' | 'zero'): Int32Array {
  const at = new Int32Array(count);
  const period = Math.max(1, 2 * (size - 1));
  for (let k = 0; k < count; k++) {
    const place = from + k;
    if (place >= 0 && place < size) at[k] = place;
    else if (beyond === 'zero') at[k] = -1;
    else {
      const turned = ((place % period) + period) % period;
      at[k] = turned < size ? turned : period - turned;
    }
  }
  return at;
}

function shapeOf(axes: string, channels: number, rows: number, columns: number): number[] {
  const size: Record<string, number> = { N: 1, C: channels, H: rows, W: columns };
  return [...axes].map((axis) => size[axis]);
}
