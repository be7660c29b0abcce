import type { RectUm } from '@spatile/formats/space';
import type { Frame } from '@spatile/formats/tile/frame';

export interface RoundTask {
  /** Tile id; the result is committed under it. */
  id: string;
  /** Folder of the result, where tasks of several rounds run together; the round itself when absent. */
  round?: string;
  /** Keys (`taskKey`) of tasks that must be committed before; none when absent. */
  needs?: readonly string[];
  /** Tasks of a lower rank go first; 0 when absent. */
  rank?: number;
  /** Handler name on the worker. */
  kind: string;
  /** Relative cost: heaviest first. */
  weight: number;
  /** Transcripts worked on, for the progress bar. */
  transcripts: number;
  /** True for a task that is no tile or unit of its own for the progress bar, such as settling one. */
  uncounted?: boolean;
  /** The part of the slide that is worked on, for maps. */
  areaUm?: RectUm;
  /** Makes the input frame, when a worker is free for it. */
  input: () => Promise<Frame>;
}

/** Name of a task among those of several rounds that run together. */
export const taskKey = (round: string, id: string): string => `${round}/${id}`;
