import type { Frame } from '@spatile/formats/tile/frame';
import type { Work } from '@spatile/formats/tile/work';

/** What a handler may use beside its input. */
export interface HandlerContext {
  /** Says how far the task is, in [0, 1]; cheap, may be called often. */
  progress(fraction: number): void;
  /** Adds to what the task is said to have taken; changes nothing of its result. */
  count(work: Work): void;
}

/** One kind of task: a pure function from one frame to another. */
export type Handler = (input: Frame, context: HandlerContext) => Promise<Frame>;
