/**
 * Labels of the molecules of a cell: a Potts field on the graph that joins each molecule to its nearest, maximised by
 * max-product belief propagation (all messages at once) and then one label at a time, which never makes it worse.
 */

// @ts-ignore: decorator
@inline
function u4(p: usize, i: i32): i32 {
  return load<i32>(p + (<usize>i << 2));
}

function isNear(near: usize, m: i32, i: i32, j: i32): boolean {
  const row = near + (<usize>(i * m) << 2);
  for (let a = 0; a < m; a++) if (u4(row, a) == j) return true;
  return false;
}

/**
 * The undirected graph of `near` (n x m): `edge[start[i]] .. edge[start[i + 1] - 1]` are joined to i, and `reverse` says where
 * each edge stands at its other end. `fill` is n i32 of scratch; `edge` and `reverse` hold up to 2 n m. @returns entries.
 */
export function joinMolecules(n: i32, m: i32, near: usize, start: usize, edge: usize, reverse: usize, fill: usize): i32 {
  memory.fill(fill, 0, <usize>n << 2);
  for (let i = 0; i < n; i++) {
    for (let a = 0; a < m; a++) {
      const j = u4(near, i * m + a);
      if (j < i && isNear(near, m, j, i)) continue;
      store<i32>(fill + (<usize>i << 2), u4(fill, i) + 1);
      store<i32>(fill + (<usize>j << 2), u4(fill, j) + 1);
    }
  }
  let entries = 0;
  for (let i = 0; i < n; i++) {
    store<i32>(start + (<usize>i << 2), entries);
    const degree = u4(fill, i);
    store<i32>(fill + (<usize>i << 2), entries);
    entries += degree;
  }
  store<i32>(start + (<usize>n << 2), entries);
  for (let i = 0; i < n; i++) {
    for (let a = 0; a < m; a++) {
      const j = u4(near, i * m + a);
      if (j < i && isNear(near, m, j, i)) continue;
      const here = u4(fill, i);
      store<i32>(fill + (<usize>i << 2), here + 1);
      const there = u4(fill, j);
      store<i32>(fill + (<usize>j << 2), there + 1);
      store<i32>(edge + (<usize>here << 2), j);
      store<i32>(edge + (<usize>there << 2), i);
      store<i32>(reverse + (<usize>here << 2), there);
      store<i32>(reverse + (<usize>there << 2), here);
    }
  }
  return entries;
}

function largest(k: i32, p: usize): i32 {
  let best = 0;
  let most = load<f32>(p);
  for (let f = 1; f < k; f++) {
    const value = load<f32>(p + (<usize>f << 2));
    if (value > most) {
      most = value;
      best = f;
    }
  }
  return best;
}

/**
 * Labels n molecules (`label`, u8) with the factors that make the sum of `potential[gene][label]` and of `bond` for every edge
 * of equal labels largest, as far as found.
 *
 * | array | type | what |
 * | --- | --- | --- |
 * | gene | i32 | gene of each molecule |
 * | potential | f32 | genes x k |
 * | start, edge, reverse | i32 | the graph of `joinMolecules` |
 * | messages | f32 | 2 x entries x k of scratch |
 * | belief | f32 | n x k of scratch |
 *
 * k is a multiple of 4; padding factors have a potential of -1e30. Ends when no label changed in `patience` sweeps.
 * @returns sweeps of messages.
 */
export function labelMolecules(
  n: i32, k: i32, gene: usize, potential: usize, start: usize, edge: usize, reverse: usize, messages: usize, belief: usize,
  label: usize, bond: f32, sweeps: i32, patience: i32,
): i32 {
  const bytes = <usize>k << 2;
  const entries = u4(start, n);
  let old = messages;
  let fresh = messages + <usize>entries * bytes;
  memory.fill(old, 0, <usize>entries * bytes);
  memory.fill(label, 255, n);
  let still = 0;
  let sweep = 0;
  const bonds = f32x4.splat(bond);
  while (sweep < sweeps && still < patience) {
    let changed = false;
    for (let i = 0; i < n; i++) {
      const bi = belief + <usize>i * bytes;
      memory.copy(bi, potential + <usize>u4(gene, i) * bytes, bytes);
      const end = u4(start, i + 1);
      for (let e = u4(start, i); e < end; e++) {
        const from = old + <usize>u4(reverse, e) * bytes;
        for (let q: usize = 0; q < bytes; q += 16) v128.store(bi + q, f32x4.add(v128.load(bi + q), v128.load(from + q)));
      }
      const best = largest(k, bi);
      if (best != load<u8>(label + i)) changed = true;
      store<u8>(label + i, <u8>best);
      for (let e = u4(start, i); e < end; e++) {
        const from = old + <usize>u4(reverse, e) * bytes;
        const to = fresh + <usize>e * bytes;
        let most = f32x4.splat(-Infinity);
        for (let q: usize = 0; q < bytes; q += 16) {
          const cavity = f32x4.sub(v128.load(bi + q), v128.load(from + q));
          v128.store(to + q, cavity);
          most = f32x4.max(most, cavity);
        }
        const top = f32x4.splat(
          max<f32>(
            max<f32>(f32x4.extract_lane(most, 0), f32x4.extract_lane(most, 1)),
            max<f32>(f32x4.extract_lane(most, 2), f32x4.extract_lane(most, 3)),
          ),
        );
        const least = f32x4.sub(top, bonds);
        for (let q: usize = 0; q < bytes; q += 16)
          v128.store(to + q, f32x4.sub(f32x4.max(v128.load(to + q), least), top));
      }
    }
    const kept = old;
    old = fresh;
    fresh = kept;
    still = changed ? 0 : still + 1;
    sweep++;
  }
  settle(n, k, gene, potential, start, edge, belief, label, bond);
  return sweep;
}

/** Gives each molecule in turn its best label among those of its neighbours, until none changes. */
function settle(n: i32, k: i32, gene: usize, potential: usize, start: usize, edge: usize, row: usize, label: usize, bond: f32): void {
  const bytes = <usize>k << 2;
  // Every change makes the sum larger, so this ends; the bound is for ties of rounding.
  for (let round = 0; round < 100; round++) {
    let changed = false;
    for (let i = 0; i < n; i++) {
      memory.copy(row, potential + <usize>u4(gene, i) * bytes, bytes);
      const end = u4(start, i + 1);
      for (let e = u4(start, i); e < end; e++) {
        const at = row + (<usize>load<u8>(label + u4(edge, e)) << 2);
        store<f32>(at, load<f32>(at) + bond);
      }
      const best = largest(k, row);
      const own = <i32>load<u8>(label + i);
      if (load<f32>(row + (<usize>best << 2)) > load<f32>(row + (<usize>own << 2))) {
        store<u8>(label + i, <u8>best);
        changed = true;
      }
    }
    if (!changed) return;
  }
}
