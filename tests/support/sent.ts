import { FramePayload } from '@spatile/coordinator/run/frame-payload';
import type { RunStore } from '@spatile/coordinator/run/store';
import { decodeFrame, type Frame } from '@spatile/formats/tile/frame';
import { wholeOf } from '@spatile/proto/payload';

/** A frame as whoever gets it has it: its stored pieces are read from the run directory. */
export const sent = async (store: RunStore, frame: Frame): Promise<Frame> =>
  decodeFrame(await wholeOf(new FramePayload(store, frame)), frame.kind);
