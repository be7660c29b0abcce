import { SpatileError } from '@spatile/formats/errors';
import { z } from 'zod';

/** A task on the queue: names only. What it needs and gives goes over gRPC. */
const taskMessage = z.strictObject({
  run: z.string().max(40),
  task: z.string().min(1).max(200),
  epoch: z.int().min(1).max(1_000_000),
  /** Host and port of the run's coordinator. */
  server: z.string().min(3).max(300),
});

export type TaskMessage = z.infer<typeof taskMessage>;

export const encodeTask = (task: TaskMessage): string => JSON.stringify(taskMessage.parse(task));

/** Errors: `CLUSTER` for anything but a task. */
export function decodeTask(text: string): TaskMessage {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  const parsed = taskMessage.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new SpatileError(
    'CLUSTER',
    `queue: a message is not a task (${text.slice(0, 60)}); expected one of a spatile coordinator; use workers and coordinator of one version`,
  );
}
