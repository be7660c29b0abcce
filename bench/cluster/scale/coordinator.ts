import { once } from 'node:events';
import { prepareScale, type ScaleRun } from './simulate.ts';

/** The coordinator of a simulated run: says its plan, waits for a line, carries the run out and says what it found. */
const { plan, start } = await prepareScale(JSON.parse(process.argv[2]) as ScaleRun);
say(plan);
await once(process.stdin, 'data');
say(await start());
process.exit();

function say(facts: object): void {
  process.stdout.write(`${JSON.stringify(facts)}\n`);
}
