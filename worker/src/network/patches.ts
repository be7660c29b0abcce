/**
 * First pixels, in a tile, of the patches that meet it along one axis: those of a lattice fixed in the slide, so that every tile
 * that holds a patch whole gives it the same pixels. @param origin of the tile and `size`, in pixels of the slide's grid.
 */
export function patchStarts(origin: number, size: number, side: number, stride: number): number[] {
  const found: number[] = [];
  for (let k = Math.floor((origin - side) / stride) + 1; k * stride < origin + size; k++)
    found.push(k * stride - origin);
  return found;
}
