import { startCrowd } from './crowd.ts';

/** Simulated workers. Arguments: address of the broker, how many, number of the first. Ends when its input does. */
const [nats, count, first] = process.argv.slice(2);
const end = startCrowd(nats, Number(count), Number(first));
process.stdin.resume().on('end', async () => process.exit((await end()) === 0 ? 0 : 1));
