/**
 * Counted work: how often something was done, by kind. Unlike times the counts are the same on every machine and for every
 * number of workers, so that a change that does more shows. The kinds are listed in `docs/output.md`.
 */
export type Work = Readonly<Record<string, number>>;

/** The one kind that is a height, not a number of times: pages (64 KiB) of WebAssembly memory. */
const PEAK_KIND = 'wasmPages';

/** Two counts as one: sums, and for pages of memory the larger. */
export function addWork(a: Work, b: Work): Work {
  const out: Record<string, number> = { ...a };
  for (const [kind, n] of Object.entries(b))
    out[kind] = kind === PEAK_KIND ? Math.max(out[kind] ?? 0, n) : (out[kind] ?? 0) + n;
  return out;
}
