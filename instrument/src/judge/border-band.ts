import { type RectUm, rectContains } from '@spatile/formats/space';

/** Half the width of the band along tile borders that is judged apart. */
export const BORDER_BAND_UM = 30;
const BINS = 64;

/** Tells points near an edge that two tiles share from those inside a tile. */
export class BorderBand {
  readonly #cores: readonly RectUm[];
  readonly #extent: RectUm;
  /** Cores that touch each of `BINS` x `BINS` parts of `area`. */
  readonly #bins: number[][];
  readonly #area: RectUm;

  /** `cores` partition the slide; `area` holds the points that will be asked for. */
  constructor(cores: readonly RectUm[], area: RectUm) {
    this.#cores = cores;
    this.#area = area;
    this.#extent = cores.reduce((all, core) => ({
      x0: Math.min(all.x0, core.x0),
      y0: Math.min(all.y0, core.y0),
      x1: Math.max(all.x1, core.x1),
      y1: Math.max(all.y1, core.y1),
    }));
    this.#bins = Array.from({ length: BINS * BINS }, () => []);
    cores.forEach((core, index) => {
      for (let row = this.#row(core.y0); row <= this.#row(core.y1); row++)
        for (let column = this.#column(core.x0); column <= this.#column(core.x1); column++)
          this.#bins[row * BINS + column].push(index);
    });
  }

  /** Whether a point lies within the band: near an edge of its tile that is not the slide's own. NaN lies nowhere. */
  contains(x: number, y: number): boolean {
    if (Number.isNaN(x) || Number.isNaN(y)) return false;
    for (const index of this.#bins[this.#row(y) * BINS + this.#column(x)]) {
      const core = this.#cores[index];
      if (!rectContains(core, x, y)) continue;
      const { x0, y0, x1, y1 } = this.#extent;
      return (
        (core.x0 > x0 && x - core.x0 < BORDER_BAND_UM) ||
        (core.x1 < x1 && core.x1 - x < BORDER_BAND_UM) ||
        (core.y0 > y0 && y - core.y0 < BORDER_BAND_UM) ||
        (core.y1 < y1 && core.y1 - y < BORDER_BAND_UM)
      );
    }
    return false;
  }

  #column(x: number): number {
    return bin(x, this.#area.x0, this.#area.x1);
  }

  #row(y: number): number {
    return bin(y, this.#area.y0, this.#area.y1);
  }
}

function bin(value: number, from: number, to: number): number {
  const at = Math.floor((BINS * (value - from)) / (to - from || 1));
  return Math.min(BINS - 1, Math.max(0, at));
}
