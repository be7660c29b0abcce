import { z } from 'zod';

/** What the server keeps of a run, one JSON file each, so that a server that was restarted knows its runs. */
const schema = z.strictObject({
  id: z.string(),
  state: z.enum(['WAITING', 'RUNNING', 'FINISHED', 'FAILED', 'CANCELLED']),
  bundle: z.string(),
  output: z.string(),
  config: z.string(),
  set: z.array(z.string()),
  mode: z.enum(['new', 'resume', 'overwrite']),
  submitted: z.string(),
  error: z.string(),
  summary: z.string(),
});

export type RunRecord = z.infer<typeof schema>;

export const readRecord = (json: string): RunRecord => schema.parse(JSON.parse(json));

export const hasEnded = ({ state }: RunRecord): boolean =>
  state === 'FINISHED' || state === 'FAILED' || state === 'CANCELLED';
