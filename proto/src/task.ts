import { createHmac, timingSafeEqual } from 'node:crypto';
import { SpatileError } from '@spatile/formats/errors';
import * as z from 'zod';

/** A task on the queue: names only. What it needs and gives goes over gRPC. */
const taskMessage = z.strictObject({
  run: z.string().max(40),
  task: z.string().min(1).max(200),
  epoch: z.int().min(1).max(1_000_000),
  /** Host and port of the run's coordinator. */
  server: z.string().min(3).max(300),
});
/** With its seal: HMAC-SHA256 of the task under the secret that coordinator and workers share. */
const sealedMessage = taskMessage.extend({
  mac: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional(),
});

export type TaskMessage = z.infer<typeof taskMessage>;
export type SealedTask = z.infer<typeof sealedMessage>;

/** @param token the secret under which it is sealed; null seals nothing. */
export function encodeTask(task: TaskMessage, token: string | null): string {
  const known = taskMessage.parse(task);
  return JSON.stringify(token === null ? known : { ...known, mac: seal(known, token) });
}

/** Errors: `CLUSTER` for anything but a task. */
export function decodeTask(text: string): SealedTask {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  const parsed = sealedMessage.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new SpatileError(
    'CLUSTER',
    `queue: a message is not a task (${text.slice(0, 60)}); expected one of a spatile coordinator; use workers and coordinator of one version`,
  );
}

/**
 * Whether a task is from somebody who holds the secret, in constant time: whoever may publish on the broker could otherwise
 * name a server of their own, to which workers would then show the secret.
 */
export function isGenuine(task: SealedTask, token: string): boolean {
  const wanted = Buffer.from(seal(task, token));
  const given = Buffer.from(task.mac ?? '');
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}

const seal = ({ run, task, epoch, server }: TaskMessage, token: string): string =>
  createHmac('sha256', token)
    .update(JSON.stringify(['spatile task 1', run, task, epoch, server]))
    .digest('hex');
