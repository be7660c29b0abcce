/** The candidates that the kernel of stars works on; `stardist.kernel.ts` tells what lies in each array. */

export let rays: i32 = 0;
export let count: i32 = 0;
export let place: usize = 0;
export let dist: usize = 0;

/** Direction of ray k: cosine (columns) and sine (rows), f64, with the first repeated at the end. */
export const cosine: usize = memory.data(129 * 8, 16);
export const sine: usize = memory.data(129 * 8, 16);

export function setUpCandidates(rayCount: i32, candidates: i32, placeAt: usize, distAt: usize): void {
  rays = rayCount;
  count = candidates;
  place = placeAt;
  dist = distAt;
  for (let k = 0; k <= rays; k++) {
    const phi = 2.0 * NativeMath.PI * f64(k % rays) / f64(rays);
    store<f64>(cosine + (<usize>k << 3), NativeMath.cos(phi));
    store<f64>(sine + (<usize>k << 3), NativeMath.sin(phi));
  }
}
