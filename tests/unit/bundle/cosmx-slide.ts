import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TiffSpec, tiffBytes } from '../image/tiff-bytes.ts';

/** A CosMx slide of small fields of view, cut out of one picture. */

export const [FIELD_WIDTH, FIELD_HEIGHT] = [40, 32];
/** Global pixels of the picture's upper left corner; y runs up. */
export const [LEFT, TOP] = [1200, -5000];
/** Upper left corners of the fields in the picture, by number; 7 overlaps 2. */
export const CORNERS = new Map<number, [number, number]>([
  [2, [0, 3]],
  [3, [40, 0]],
  [7, [2, 33]],
]);
export const [PICTURE_WIDTH, PICTURE_HEIGHT] = [80, 65];

/** What is written otherwise than the old exports do. */
export interface Variant {
  /** Local y runs down, with the rows of the images. */
  down?: boolean;
  /** Positions are upper left corners, in mm, or not there. */
  positions?: 'lower' | 'upper' | 'mm' | 'none';
  /** Fields that the positions file misplaces, by pixels. */
  misplaced?: [number, number];
  labels?: 'right' | 'upside down';
  cells?: boolean;
  pixelSizeUm?: number;
  tiff?: Partial<TiffSpec>;
}

const inside = (x: number, y: number, [x0, y0]: [number, number]): boolean =>
  x >= x0 && y >= y0 && x < x0 + FIELD_WIDTH && y < y0 + FIELD_HEIGHT;

/** Writes the slide; `planes` are pages of the picture, row by row, 16 bits. Transcripts at the middles of some pixels. */
export async function cosmxSlide(
  folder: string,
  planes: readonly Uint16Array[],
  description: string,
  variant: Variant = {},
): Promise<string> {
  await mkdir(join(folder, 'Morphology2D'), { recursive: true });
  const rows = ['fov,cell_ID,x_global_px,y_global_px,x_local_px,y_local_px,target,CellComp'];
  const positions = [variant.positions === 'mm' ? 'FOV,x_mm,y_mm' : 'fov,x_global_px,y_global_px'];
  for (const [fov, corner] of CORNERS) {
    const [x0, y0] = corner;
    const name = `slide_F${String(fov).padStart(5, '0')}`;
    const bytes = pagesOf(
      planes.map((plane) => cut(plane, corner)),
      description,
      variant.tiff,
    );
    await writeFile(join(folder, 'Morphology2D', `${name}.TIF`), bytes);
    const bottom = variant.positions === 'upper' ? 0 : FIELD_HEIGHT;
    const off = variant.misplaced?.[0] === fov ? variant.misplaced[1] : 0;
    const place = [LEFT + x0 + off, TOP - y0 - bottom];
    const unit = variant.positions === 'mm' ? (variant.pixelSizeUm ?? 0.12) / 1000 : 1;
    positions.push([fov, ...place.map((value) => value * unit)].join());
    for (let k = 0; k < 120; k++) {
      const [x, y] = [((k * 7) % FIELD_WIDTH) + 0.5, ((k * 11) % FIELD_HEIGHT) + 0.5];
      const local = [x, variant.down ? y : FIELD_HEIGHT - y];
      const cell = variant.cells === false ? 0 : cellAt(x, y);
      rows.push([fov, cell, LEFT + x0 + x, TOP - y0 - y, ...local, `gene${k % 9}`, 'Nuclear'].join());
    }
    if (variant.labels) await writeLabels(folder, name, variant.labels === 'right');
  }
  await writeFile(join(folder, 'slide_tx_file.csv'), `${rows.join('\n')}\n`);
  if (variant.positions !== 'none')
    await writeFile(join(folder, 'slide_fov_positions_file.csv'), `${positions.join('\n')}\n`);
  return folder;
}

/** The picture as far as fields show it; of fields that overlap the later. */
export const shown = (plane: Uint16Array): Float32Array =>
  Float32Array.from(plane, (value, i) => {
    const [x, y] = [i % PICTURE_WIDTH, Math.floor(i / PICTURE_WIDTH)];
    return [...CORNERS.values()].some((corner) => inside(x, y, corner)) ? value : 0;
  });

const cellAt = (x: number, y: number): number => 1 + Math.floor(x / 10) + 10 * Math.floor(y / 10);

async function writeLabels(folder: string, name: string, upright: boolean): Promise<void> {
  await mkdir(join(folder, 'CellLabels'), { recursive: true });
  const pixels = Float32Array.from({ length: FIELD_WIDTH * FIELD_HEIGHT }, (_, i) => {
    const row = Math.floor(i / FIELD_WIDTH);
    return cellAt(i % FIELD_WIDTH, upright ? row : FIELD_HEIGHT - 1 - row);
  });
  const bytes = tiffBytes({ width: FIELD_WIDTH, height: FIELD_HEIGHT, pixels });
  await writeFile(join(folder, 'CellLabels', `CellLabels${name.slice(5)}.tif`), bytes);
}

function cut(plane: Uint16Array, [x0, y0]: [number, number]): Uint16Array {
  return Uint16Array.from({ length: FIELD_WIDTH * FIELD_HEIGHT }, (_, i) => {
    const [x, y] = [x0 + (i % FIELD_WIDTH), y0 + Math.floor(i / FIELD_WIDTH)];
    return plane[y * PICTURE_WIDTH + x];
  });
}

/** A TIFF of several pages, one plane each: the pages' bytes one after the other, with their places moved. */
function pagesOf(
  planes: readonly Uint16Array[],
  description: string,
  more: Partial<TiffSpec> = {},
): Uint8Array {
  const parts = planes.map((pixels, page) =>
    tiffBytes({
      ...{ width: FIELD_WIDTH, height: FIELD_HEIGHT, pixels },
      ...(page === 0 ? { description } : {}),
      ...more,
    }),
  );
  const out = Buffer.concat(parts);
  let pointer = 4;
  let base = 0;
  for (const part of parts) {
    const directory = base + out.readUInt32LE(base + 4);
    out.writeUInt32LE(directory, pointer);
    const n = out.readUInt16LE(directory);
    for (let at = directory + 2; at < directory + 2 + 12 * n; at += 12) {
      const [tag, type, count] = [out.readUInt16LE(at), out.readUInt16LE(at + 2), out.readUInt32LE(at + 4)];
      const outside = count * ({ 2: 1, 3: 2, 4: 4 }[type] ?? 8) > 4;
      if (outside) out.writeUInt32LE(out.readUInt32LE(at + 8) + base, at + 8);
      if (tag !== 273 && tag !== 324) continue;
      // Offsets of strips or tiles, in the entry itself or where it points.
      const list = outside ? out.readUInt32LE(at + 8) : at + 8;
      for (let i = 0; i < count; i++) out.writeUInt32LE(out.readUInt32LE(list + 4 * i) + base, list + 4 * i);
    }
    pointer = directory + 2 + 12 * n;
    base += part.length;
  }
  return out;
}
