import type { LoadService } from './services.ts';
import type { Terminal } from './terminal.ts';

/** What every verb is given. */
export interface Context {
  terminal: Terminal;
  load: LoadService;
  /** Workers when `--workers` is absent: the cores this process may use. */
  defaultWorkers: number;
}
