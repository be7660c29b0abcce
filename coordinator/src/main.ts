import { availableParallelism } from 'node:os';
import { commandLine, reportFailure } from './cli/program.ts';
import { loadService } from './cli/services.ts';
import { processTerminal } from './cli/terminal.ts';

/** The process behind `npx spatile`. */
const args = process.argv.slice(2);
const terminal = processTerminal();

for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
  process.on(event, (error) => process.exit(reportFailure(error, args, { terminal })));
}
// A reader that has seen enough (`spatile status | head`) is not a failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 70));

process.exitCode = await commandLine(args, {
  terminal,
  load: loadService,
  defaultWorkers: availableParallelism(),
});
