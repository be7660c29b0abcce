/** From squared distances to the keys that seeds and flooding work on. */

/** Replaces squared distances in pixels (i32) by distances in microns (f32), at most `most`. In place. */
export function toMicrons(plane: usize, pixels: i32, pixelUm: f32, most: f32): void {
  const scale = f32x4.splat(pixelUm);
  const bound = f32x4.splat(most);
  const end = plane + (<usize>pixels << 2);
  for (let at = plane; at < end; at += 16) {
    const pixels = f32x4.sqrt(f32x4.convert_i32x4_s(v128.load(at)));
    v128.store(at, f32x4.min(bound, f32x4.mul(pixels, scale)));
  }
}

/**
 * Keys of the foreground (`mask` bytes = 1): (depth + brightness * image) in steps of 1/256, at least 1, at most 65535; 0
 * elsewhere. `depth`, `image` f32; `keys` u16.
 */
export function quantise(depth: usize, image: usize, brightness: f32, mask: usize, pixels: i32, keys: usize): void {
  const weight = f32x4.splat(brightness);
  const steps = f32x4.splat(256);
  const least = i32x4.splat(1);
  const most = i32x4.splat(65535);
  for (let i: usize = 0; i < <usize>pixels; i += 4) {
    const value = f32x4.add(v128.load(depth + (i << 2)), f32x4.mul(weight, v128.load(image + (i << 2))));
    const step = i32x4.trunc_sat_f32x4_s(f32x4.mul(value, steps));
    const inside = i32x4.eq(i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(v128.load32_zero(mask + i))), least);
    const key = v128.and(inside, i32x4.max_s(least, i32x4.min_s(most, step)));
    v128.store64_lane(keys + (i << 1), i16x8.narrow_i32x4_u(key, key), 0);
  }
}
