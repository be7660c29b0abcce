/** The slow, obvious twin of `cellpose.kernel.ts`. */

/** Where a pixel ends that follows a flow of (row, column) steps, interpolated between pixel centres; all in single precision. */
export function followOne(
  flow: (row: number, column: number) => readonly [number, number],
  rows: number,
  columns: number,
  start: readonly [row: number, column: number],
  steps: number,
): [row: number, column: number] {
  const f = Math.fround;
  let [y, x] = start;
  for (let step = 0; step < steps; step++) {
    const [y0, x0] = [Math.floor(y), Math.floor(x)];
    const [y1, x1] = [Math.min(y0 + 1, rows - 1), Math.min(x0 + 1, columns - 1)];
    const [fy, fx] = [f(y - y0), f(x - x0)];
    const mixed = [0, 1].map((axis) => {
      const parts = [
        f(f(f(1 - fy) * f(1 - fx)) * flow(y0, x0)[axis]),
        f(f(f(1 - fy) * fx) * flow(y0, x1)[axis]),
        f(f(fy * f(1 - fx)) * flow(y1, x0)[axis]),
        f(f(fy * fx) * flow(y1, x1)[axis]),
      ];
      return parts.reduce((sum, part) => f(sum + part));
    });
    y = Math.min(Math.max(f(y + mixed[0]), 0), rows - 1);
    x = Math.min(Math.max(f(x + mixed[1]), 0), columns - 1);
  }
  return [Math.floor(y), Math.floor(x)];
}

/**
 * Unit flow of one mask, by place: the gradient of heat that is added at the centre and spreads over the mask as the mean of
 * each pixel's 3 x 3 neighbourhood, for 2 (height + width + 2) rounds.
 */
export function flowOfMask(
  mask: ReadonlySet<string>,
  centre: readonly [number, number],
  rounds: number,
): Map<string, readonly [number, number]> {
  let heat = new Map<string, number>();
  const at = (y: number, x: number) => heat.get(`${y},${x}`) ?? 0;
  const places = [...mask].map((key) => key.split(',').map(Number) as [number, number]);
  for (let round = 0; round < rounds; round++) {
    heat.set(`${centre[0]},${centre[1]}`, at(...centre) + 1);
    const next = new Map<string, number>();
    for (const [y, x] of places) {
      let sum = 0;
      for (let dy = -1; dy <= 1; dy++) for (let dx = -1; dx <= 1; dx++) sum += at(y + dy, x + dx);
      next.set(`${y},${x}`, sum / 9);
    }
    heat = next;
  }
  return new Map(
    places.map(([y, x]) => {
      const [dy, dx] = [at(y + 1, x) - at(y - 1, x), at(y, x + 1) - at(y, x - 1)];
      const length = Math.hypot(dy, dx) + 1e-60;
      return [`${y},${x}`, [dy / length, dx / length] as const];
    }),
  );
}
