import { commandLine } from '@spatile/coordinator/cli/program';
import type { Services } from '@spatile/coordinator/cli/services';
import type { Terminal } from '@spatile/coordinator/cli/terminal';

/** A terminal that records, with a clock that stands still until moved. */
export class RecordingTerminal implements Terminal {
  stdout = '';
  stderr = '';
  live = null;
  clockMs = 0;
  out = (text: string) => {
    this.stdout += text;
  };
  err = (text: string) => {
    this.stderr += text;
  };
  now = () => this.clockMs;
}

/** Carries out one command line with the given services; any other service fails when loaded. */
export async function spatile(args: string[], services: { [Name in keyof Services]?: unknown } = {}) {
  const terminal = new RecordingTerminal();
  const exitCode = await commandLine(args, {
    terminal,
    defaultWorkers: 3,
    load: async (name) => {
      if (!(name in services)) throw new Error(`${name} was not expected`);
      return services[name] as never;
    },
  });
  return { exitCode, stdout: terminal.stdout, stderr: terminal.stderr };
}

/** A service that keeps what it was called with. */
export function recorder<Result>(result: Result) {
  const calls: unknown[][] = [];
  const service = async (...args: unknown[]) => {
    calls.push(args);
    return result;
  };
  return { calls, service };
}
