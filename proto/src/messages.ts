import { SpatileError } from '@spatile/formats/errors';
import * as z from 'zod';

/** A name or a path: what controls a terminal has no place in it. */
const name = (most: number) =>
  z
    .string()
    .max(most)
    .regex(/^\P{Cc}*$/u, 'holds a control character');
/** The parts of messages that are believed only after a look. Lengths are bounded; counts are finite and not negative. */
const attempt = z.object({
  run: name(40).min(1),
  task: name(200).min(1),
  epoch: z.int().min(1),
  attemptId: name(64).min(8),
  worker: name(200),
});
const count = z.number().min(0);
/** What somebody else's program says, and a terminal may show: of what controls that, only ends of lines and tabs stay. */
const told = (most: number) =>
  z
    .string()
    .max(most)
    .transform((said) => said.replace(/[^\P{Cc}\n\t]/gu, '\ufffd'));
/** Text that may become an argument: that cannot hold a zero character. */
const text = (most: number) =>
  z
    .string()
    .max(most)
    .regex(/^[^\0]*$/, 'holds a zero character');
/** All settings of a submission together, characters. */
const MOST_SETTINGS = 2 ** 18;

export type AttemptMessage = z.infer<typeof attempt>;

/** Workers that use so much of their memory, as a share, and are not heard of again, count as killed for lack of it. */
export const NEAR_LIMIT = 0.8;

const SHAPES = {
  attempt,
  fetch: z.object({ attempt, offset: z.int().min(0) }),
  heartbeat: z.object({
    attempt,
    fraction: z.number().min(0).max(1),
    memory: z.number().min(0).max(1),
  }),
  failure: z.object({
    attempt,
    code: name(60),
    message: told(4000),
    retryable: z.boolean(),
    preempted: z.boolean(),
    stack: told(20_000),
    fields: z.string().max(20_000),
  }),
  submit: z.object({
    bundle: name(4096).min(1),
    output: name(4096).min(1),
    config: text(2 ** 20),
    set: z
      .array(text(10_000))
      .max(1000)
      .refine(
        (all) => all.reduce((sum, { length }) => sum + length, 0) <= MOST_SETTINGS,
        'longer than 256 KiB together',
      ),
    resume: z.boolean(),
    overwrite: z.boolean(),
    cluster: name(4096).optional(),
    crop: name(4096).optional(),
    cropUnit: z.enum(['', 'um', 'px']).optional(),
    report: name(4096).optional(),
    mostWorkers: z.int().min(0).max(10_000).optional(),
  }),
  runName: z.object({ id: z.string().regex(/^[a-z0-9-]{1,40}$/, 'not the name of a run') }),
  commit: z.object({
    attempt,
    seconds: count,
    cpuSeconds: count,
    peakRssBytes: count,
    work: z.record(z.string().max(60), count),
  }),
};

type Shapes = typeof SHAPES;

/** Takes a message apart. Errors: `CLUSTER` when it is not what the contract says. */
export function checked<K extends keyof Shapes>(kind: K, message: unknown): z.infer<Shapes[K]> {
  const parsed = SHAPES[kind].safeParse(message);
  if (parsed.success) return parsed.data as z.infer<Shapes[K]>;
  const [issue] = parsed.error.issues;
  throw new SpatileError(
    'CLUSTER',
    `${kind} message: ${issue.path.join('.') || 'all of it'} is not valid (${issue.message}); expected what proto/spatile/v1 says; use workers and coordinator of one version`,
  );
}
