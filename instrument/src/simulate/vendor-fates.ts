import { growRect, rectContains } from '@spatile/formats/space';
import { BLOCK_UM, blockRect } from './blocks.ts';
import { NearBins } from './near-bins.ts';
import type { Settings } from './options.ts';
import type { Cell, Tissue } from './tissue.ts';

/** Nuclei farther apart than this are never taken for one. */
const FARTHEST_UM = 14;
/** Whether a nucleus merges depends on its neighbours, and on whom their neighbours merge with. */
const REACH_UM = 3 * FARTHEST_UM;
/** Nuclei of two layers whose centres are nearer than this share of the sum of their radii are not told apart. */
const HIDDEN = 0.75;

/** Two nuclei of one cell nearer than this share of the sum of their radii are taken for one: about half of them. */
const TOUCHING = 1.25;

/** What can be seen as one nucleus in a flat image: a true nucleus. */
export interface Blob {
  cell: Cell;
  /** Unique over the slide. */
  key: number;
  /** Decides between missed, merged, split and plain; uniform in (0, 1). */
  luck: number;
  ring: Float64Array;
  x: number;
  y: number;
  area: number;
}

export interface Fate {
  blob: Blob;
  /** `gone`: missed, hidden under another one or taken for one with it. */
  fate: 'seen' | 'split' | 'gone';
  /** What is taken for one with it. */
  partners: readonly Blob[];
}

/**
 * What the vendor makes of each nucleus of a block's cells: some are missed, some split in two, some taken for one with
 * their nearest neighbour, by the settings' shares. Where nuclei of two layers lie over each other, either the upper hides
 * the lower or, when the lower is brighter, both are taken for one; so are two nuclei of one cell that touch.
 */
export function fatesOf(tissue: Tissue, column: number, row: number): Fate[] {
  const rect = blockRect(column, row);
  const blobs: Blob[] = [];
  const around = growRect(rect, REACH_UM);
  const near = new NearBins<Blob>(around, FARTHEST_UM);
  // Nuclei belong to the block of their cell's seed and may lie a little beyond it.
  for (const cell of tissue.near(growRect(rect, BLOCK_UM / 2))) {
    if (!rectContains(around, cell.body.centreX, cell.body.centreY)) continue;
    for (const blob of blobsOf(cell)) {
      blobs.push(blob);
      near.add(blob.x, blob.y, blob);
    }
  }
  const claims = new Claims(tissue.settings, near);
  claims.settle(blobs.sort((a, b) => a.key - b.key));
  return tissue.block(column, row).flatMap((cell) => blobsOf(cell).map((blob) => claims.fateOf(blob)));
}

function blobsOf(cell: Cell): Blob[] {
  return cell.nuclei.map(({ vertices, centreX, centreY, area }, i) => ({
    cell,
    key: 2 * cell.key + i,
    luck: i === 0 ? cell.vendorLuck : (cell.vendorLuck + 0.5) % 1,
    ring: vertices,
    x: centreX,
    y: centreY,
    area,
  }));
}

/** Which nuclei are not seen by themselves, and which are taken for one with them. */
class Claims {
  readonly #settings: Settings;
  readonly #near: NearBins<Blob>;
  readonly #taken = new Set<number>();
  readonly #partners = new Map<number, Blob[]>();

  constructor(settings: Settings, near: NearBins<Blob>) {
    this.#settings = settings;
    this.#near = near;
  }

  /** Decides in the order of keys, so that no decision depends on which block asks. */
  settle(blobs: readonly Blob[]): void {
    for (const blob of blobs) if (blob.cell.layer === 1 && !this.#isMissed(blob)) this.#hide(blob);
    for (const blob of blobs) this.#joinTwin(blob);
    for (const blob of blobs) if (this.#isLeader(blob) && this.#isAlone(blob)) this.#lead(blob);
  }

  fateOf(blob: Blob): Fate {
    const partners = this.#partners.get(blob.key) ?? [];
    const { vendorMissed, vendorMerged, vendorSplit } = this.#settings;
    if (this.#isMissed(blob) || this.#taken.has(blob.key)) return { blob, fate: 'gone', partners };
    const isSplit =
      blob.luck >= vendorMissed + vendorMerged && blob.luck < vendorMissed + vendorMerged + vendorSplit;
    return { blob, fate: isSplit && partners.length === 0 ? 'split' : 'seen', partners };
  }

  #isMissed({ luck }: Blob): boolean {
    return luck < this.#settings.vendorMissed;
  }

  #isLeader({ luck }: Blob): boolean {
    const { vendorMissed, vendorMerged } = this.#settings;
    return luck >= vendorMissed && luck < vendorMissed + vendorMerged;
  }

  #isPlain({ luck }: Blob): boolean {
    const { vendorMissed, vendorMerged, vendorSplit } = this.#settings;
    return luck >= vendorMissed + vendorMerged + vendorSplit;
  }

  #isAlone({ key }: Blob): boolean {
    return !this.#taken.has(key) && !this.#partners.has(key);
  }

  #take(leader: Blob, partner: Blob): void {
    this.#taken.add(partner.key);
    this.#partners.set(leader.key, [...(this.#partners.get(leader.key) ?? []), partner]);
  }

  /** The nuclei of the lower layer under one of the upper. */
  #hide(upper: Blob): void {
    this.#near.visit(upper.x, upper.y, FARTHEST_UM, (lower) => {
      if (lower.cell.layer !== 0 || this.#isMissed(lower) || !this.#isAlone(lower)) return;
      if (centreDistance(upper, lower) >= HIDDEN * (radiusOf(upper) + radiusOf(lower))) return;
      if (lower.cell.brightness > upper.cell.brightness) this.#take(upper, lower);
      else this.#taken.add(lower.key);
    });
  }

  #joinTwin(first: Blob): void {
    if (first.cell.nuclei.length < 2 || first.key % 2 === 1 || !this.#isAlone(first) || this.#isMissed(first))
      return;
    this.#near.visit(first.x, first.y, FARTHEST_UM, (second) => {
      if (second.key !== first.key + 1 || !this.#isAlone(second) || this.#isMissed(second)) return;
      if (centreDistance(first, second) < TOUCHING * (radiusOf(first) + radiusOf(second)))
        this.#take(first, second);
    });
  }

  /** Merges a nucleus with its nearest neighbour, when that one is plain and in no other merge. */
  #lead(leader: Blob): void {
    let best: Blob | null = null;
    let least = FARTHEST_UM;
    this.#near.visit(leader.x, leader.y, FARTHEST_UM, (other) => {
      if (other.cell === leader.cell) return;
      const distance = centreDistance(leader, other);
      if (distance < least || (distance === least && best && other.key < best.key)) {
        least = distance;
        best = other;
      }
    });
    if (best && this.#isPlain(best) && this.#isAlone(best)) this.#take(leader, best);
  }
}

function centreDistance(a: Blob, b: Blob): number {
  const dx = a.x - b.x;
  const dy = a.y - b.y;
  return Math.sqrt(dx * dx + dy * dy);
}

function radiusOf({ area }: Blob): number {
  return Math.sqrt(area / Math.PI);
}
