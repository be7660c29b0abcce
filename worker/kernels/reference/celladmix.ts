/** The kernels of cellAdmix in plain TypeScript: slow, obvious, trusted. */

export interface Places {
  x: Float32Array;
  y: Float32Array;
  z: Float32Array;
}

const squaredBetween = (a: Places, i: number, b: Places, j: number): number => {
  const [dx, dy, dz] = [b.x[j] - a.x[i], b.y[j] - a.y[i], b.z[j] - a.z[i]];
  return dx * dx + dy * dy + dz * dz;
};

/** The m nearest other molecules of each, nearest first, equally far ones by number: n x m. */
export function nearest(places: Places, m: number): { near: Int32Array; squared: Float64Array } {
  const n = places.x.length;
  const near = new Int32Array(n * m);
  const squared = new Float64Array(n * m);
  for (let i = 0; i < n; i++) {
    const others = Array.from({ length: n }, (_, j) => ({ j, d: squaredBetween(places, i, places, j) }))
      .filter(({ j }) => j !== i)
      .sort((a, b) => a.d - b.d || a.j - b.j);
    for (let a = 0; a < m; a++) {
      near[i * m + a] = others[a].j;
      squared[i * m + a] = others[a].d;
    }
  }
  return { near, squared };
}

/** Whether each molecule has one of the others nearer than its reach (squared). */
export function linked(places: Places, reach: Float64Array, others: Places): boolean[] {
  return Array.from(reach, (far, i) =>
    Array.from(others.x, (_, j) => squaredBetween(places, i, others, j)).some((d) => d < far),
  );
}

/**
 * One update of H, then of W, by the formulas of weighted least squares on dense matrices: X is rows x columns, W rows x k,
 * H k x columns, `weight` by column. @returns the weighted sum of squares afterwards.
 */
export function updateFactors(
  x: readonly number[][],
  w: number[][],
  h: number[][],
  weight: readonly number[],
): number {
  const rows = x.length;
  const columns = weight.length;
  const model = (): number[][] =>
    w.map((wi) => weight.map((_, g) => wi.reduce((sum, value, f) => sum + value * h[f][g], 0)));
  let m = model();
  const newH = h.map((hf, f) =>
    hf.map((value, g) => {
      let [top, bottom] = [0, 0];
      for (let i = 0; i < rows; i++) {
        top += w[i][f] * weight[g] * x[i][g];
        bottom += w[i][f] * weight[g] * m[i][g];
      }
      return bottom > 0 ? (value * top) / bottom : 0;
    }),
  );
  h.splice(0, h.length, ...newH);
  m = model();
  const newW = w.map((wi, i) =>
    wi.map((value, f) => {
      let [top, bottom] = [0, 0];
      for (let g = 0; g < columns; g++) {
        top += weight[g] * x[i][g] * h[f][g];
        bottom += weight[g] * m[i][g] * h[f][g];
      }
      return bottom > 0 ? (value * top) / bottom : 0;
    }),
  );
  w.splice(0, w.length, ...newW);
  m = model();
  let loss = 0;
  for (let i = 0; i < rows; i++)
    for (let g = 0; g < columns; g++) loss += weight[g] * (x[i][g] - m[i][g]) ** 2;
  return loss;
}

/** Neighbours of each molecule in the undirected graph of `near` (n x m), in the order in which the pairs are met. */
export function joinMolecules(n: number, m: number, near: Int32Array): number[][] {
  const joined: number[][] = Array.from({ length: n }, () => []);
  for (let i = 0; i < n; i++) {
    for (let a = 0; a < m; a++) {
      const j = near[i * m + a];
      if (joined[i].includes(j)) continue;
      joined[i].push(j);
      joined[j].push(i);
    }
  }
  return joined;
}

/** What a labelling is worth: potentials of all molecules, and `bond` for every edge of equal labels. */
export function worthOf(
  potential: readonly ArrayLike<number>[],
  joined: readonly number[][],
  bond: number,
  label: ArrayLike<number>,
): number {
  let worth = 0;
  joined.forEach((others, i) => {
    worth += potential[i][label[i]];
    for (const j of others) if (j > i && label[i] === label[j]) worth += bond;
  });
  return worth;
}

const argMax = (values: ArrayLike<number>): number => {
  let best = 0;
  for (let f = 1; f < values.length; f++) if (values[f] > values[best]) best = f;
  return best;
};

/**
 * Max-product belief propagation, all messages at once, and then one label at a time; in 32-bit steps, as the kernel.
 * @param potential of each molecule by label.
 */
export function labelMolecules(
  potential: readonly Float32Array[],
  joined: readonly number[][],
  bond: number,
  sweeps: number,
  patience: number,
): Uint8Array {
  const f = Math.fround;
  const k = potential[0]?.length ?? 0;
  const label = new Uint8Array(potential.length).fill(255);
  let messages = new Map<string, Float32Array>();
  const messageOf = (from: number, to: number): Float32Array =>
    messages.get(`${from} ${to}`) ?? new Float32Array(k);
  for (let sweep = 0, still = 0; sweep < sweeps && still < patience; sweep++) {
    const fresh = new Map<string, Float32Array>();
    let changed = false;
    joined.forEach((others, i) => {
      const belief = potential[i].slice();
      for (const j of others)
        messageOf(j, i).forEach((value, a) => {
          belief[a] = f(belief[a] + value);
        });
      const best = argMax(belief);
      if (best !== label[i]) changed = true;
      label[i] = best;
      for (const j of others) {
        const cavity = belief.map((value, a) => f(value - messageOf(j, i)[a]));
        const most = Math.max(...cavity);
        fresh.set(
          `${i} ${j}`,
          cavity.map((value) => f(Math.max(value, f(most - bond)) - most)),
        );
      }
    });
    messages = fresh;
    still = changed ? 0 : still + 1;
  }
  for (let round = 0, changed = true; changed && round < 100; round++) {
    changed = false;
    joined.forEach((others, i) => {
      const worth = potential[i].slice();
      for (const j of others) worth[label[j]] = f(worth[label[j]] + bond);
      const best = argMax(worth);
      if (worth[best] > worth[label[i]]) {
        label[i] = best;
        changed = true;
      }
    });
  }
  return label;
}
