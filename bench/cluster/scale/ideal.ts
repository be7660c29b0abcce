/** A task as the ideal schedule sees it. */
export interface IdealTask {
  key: string;
  seconds: number;
  needs: readonly string[];
}

/**
 * How long tasks take on so many workers when handing out, sending and storing take nothing: whoever is free takes the next
 * task in the given order whose needs are done. Tasks without a worker's time (0 s) are done as soon as they may be.
 * @param tasks in the order in which they are handed out. @returns seconds.
 */
export function idealSeconds(tasks: readonly IdealTask[], workers: number): number {
  const place = new Map(tasks.map(({ key }, i) => [key, i]));
  const open = tasks.map(({ needs }) => needs.length);
  const dependants = new Map<number, number[]>();
  tasks.forEach(({ needs }, i) => {
    for (const need of needs) {
      const before = place.get(need)!;
      dependants.set(before, [...(dependants.get(before) ?? []), i]);
    }
  });
  const ready = new Heap();
  const running = new Heap();
  const finish = (done: number): void => {
    for (const i of dependants.get(done) ?? []) {
      open[i]--;
      if (open[i] === 0) begin(i);
    }
  };
  const begin = (i: number): void => {
    if (tasks[i].seconds === 0) finish(i);
    else ready.push(i, i);
  };
  for (let i = 0; i < tasks.length; i++) if (open[i] === 0 && tasks[i].needs.length === 0) begin(i);
  let [now, free] = [0, workers];
  while (ready.size + running.size > 0) {
    for (; free > 0 && ready.size > 0; free--) {
      const { value } = ready.pop();
      running.push(now + tasks[value].seconds, value);
    }
    const { key, value } = running.pop();
    now = key;
    free++;
    finish(value);
  }
  return now;
}

/** The least key first; among equal ones the least value. */
class Heap {
  readonly #entries: { key: number; value: number }[] = [];

  get size(): number {
    return this.#entries.length;
  }

  push(key: number, value: number): void {
    let at = this.#entries.push({ key, value }) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#before(at, parent)) break;
      this.#swap(at, parent);
      at = parent;
    }
  }

  pop(): { key: number; value: number } {
    const [first] = this.#entries;
    const last = this.#entries.pop()!;
    if (this.#entries.length === 0) return first;
    this.#entries[0] = last;
    for (let at = 0; ; ) {
      let least = at;
      for (const child of [2 * at + 1, 2 * at + 2])
        if (child < this.#entries.length && this.#before(child, least)) least = child;
      if (least === at) return first;
      this.#swap(at, least);
      at = least;
    }
  }

  #before(a: number, b: number): boolean {
    const [x, y] = [this.#entries[a], this.#entries[b]];
    return x.key < y.key || (x.key === y.key && x.value < y.value);
  }

  #swap(a: number, b: number): void {
    [this.#entries[a], this.#entries[b]] = [this.#entries[b], this.#entries[a]];
  }
}
