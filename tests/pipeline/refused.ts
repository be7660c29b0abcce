import { readdirSync } from 'node:fs';
import { commandLine } from '@spatile/coordinator/cli/program';
import { loadService } from '@spatile/coordinator/cli/services';
import { expect } from 'vitest';
import { RecordingTerminal } from '../unit/cli/fake.ts';

/** Code, exit code and the whole message of a command that must fail. */
export interface Refusal {
  code: string;
  exitCode: number;
  message: string;
}

/** Runs a command line in this process, with everything behind it. */
export async function spatileHere(args: string[]) {
  const terminal = new RecordingTerminal();
  const exitCode = await commandLine(args, { terminal, load: loadService, defaultWorkers: 1 });
  return { exitCode, stdout: terminal.stdout, stderr: terminal.stderr };
}

/**
 * What `spatile run INPUT -o OUT.zarr …` is refused with. Checks that it said one sentence and nothing else, and that it
 * left nothing behind in the folder of the output. `folder` is cut out of the message.
 */
export async function refusal(folder: string, input: string, args: string[] = []): Promise<Refusal> {
  const before = readdirSync(folder).sort();
  const ended = await spatileHere(['run', input, '-o', `${folder}/out.zarr`, '--json', ...args]);
  expect(readdirSync(folder).sort()).toEqual(before);
  return refusalOf(ended, folder);
}

/** The refusal in what a command printed with `--json`. */
export function refusalOf(
  ended: { exitCode: number | null; stdout: string; stderr: string },
  folder: string,
): Refusal {
  const { error } = JSON.parse(ended.stdout) as { error: { code: string; message: string } };
  expect(ended.stderr).toBe(`spatile: ${error.message}\n`);
  expect(error.message).not.toMatch(/\n|\.$|\bat .*:\d+:\d+/);
  return {
    code: error.code,
    exitCode: ended.exitCode ?? -1,
    message: error.message.replaceAll(`${folder}/`, ''),
  };
}
