import type { ServerWritableStream, ServiceError } from '@grpc/grpc-js';
import type { RunEvent } from '@spatile/proto/generated/spatile/v1/RunEvent';
import type { RunName__Output } from '@spatile/proto/generated/spatile/v1/RunName';
import type { RunsHandlers } from '@spatile/proto/generated/spatile/v1/Runs';
import { checkToken, serviceError } from '@spatile/proto/guard';
import { checked } from '@spatile/proto/messages';
import { callTraceparent } from '@spatile/proto/tracing';
import type { ProgressEvent } from '../api.ts';
import type { Runs } from './runs.ts';

/** Events that wait for a slow watcher; beyond it, it misses progress but never a state. */
const MOST_WAITING = 1000;

/** The service through which clients submit and watch runs. Every call must carry the secret, when there is one. */
export function runsService(runs: Runs, token: string | null): RunsHandlers {
  const answer = <T>(
    call: { metadata: Parameters<typeof checkToken>[0] },
    reply: (error: ServiceError | null, value?: T) => void,
    make: () => T | Promise<T>,
  ): void => {
    Promise.resolve()
      .then(() => {
        checkToken(call.metadata, token);
        return make();
      })
      .then(
        (value) => reply(null, value),
        (error) => reply(serviceError(error)),
      );
  };
  return {
    Submit: (call, reply) =>
      answer(call, reply, () => runs.submit(checked('submit', call.request), callTraceparent(call.metadata))),
    Get: (call, reply) => answer(call, reply, () => runs.get(checked('runName', call.request).id)),
    List: (call, reply) => answer(call, reply, () => ({ runs: runs.list() })),
    Cancel: (call, reply) => answer(call, reply, () => runs.cancel(checked('runName', call.request).id)),
    Watch: (call) => {
      call.on('error', () => undefined);
      try {
        checkToken(call.metadata, token);
        watch(runs, checked('runName', call.request).id, call);
      } catch (error) {
        call.emit('error', serviceError(error));
      }
    },
  };
}

function watch(runs: Runs, id: string, call: ServerWritableStream<RunName__Output, RunEvent>): void {
  call.write({ run: runs.get(id) });
  for (const event of runs.events(id)) call.write({ progress: JSON.stringify(event) });
  const progress = (of: string, event: ProgressEvent): void => {
    if (of === id && call.writableLength < MOST_WAITING) call.write({ progress: JSON.stringify(event) });
  };
  const changed = (of: string): void => {
    if (of !== id) return;
    call.write({ run: runs.get(id) });
    if (runs.ended(id)) end();
  };
  const end = (): void => {
    runs.off('progress', progress);
    runs.off('changed', changed);
    call.end();
  };
  if (runs.ended(id)) {
    call.end();
    return;
  }
  runs.on('progress', progress);
  runs.on('changed', changed);
  for (const event of ['close', 'cancelled']) call.once(event, end);
}
