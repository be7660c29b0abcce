// Runs faults drawn at random over small runs on a real broker: `npm run soak -- [--faults 200] [--seed N]`. The seed is
// printed; the same one draws the same faults. tests/cluster/soak.test.ts does a few in every test run.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values } = parseArgs({ options: { faults: { type: 'string' }, seed: { type: 'string' } } });
const faults = values.faults ?? '200';
const seed = values.seed ?? String(process.pid);
for (const [option, value] of Object.entries({ faults, seed })) {
  if (/^[1-9]\d{0,8}$/.test(value)) continue;
  console.error(`--${option}: the value is not allowed (${value}); expected a whole number above 0`);
  process.exit(2);
}
console.log(`soak: ${faults} faults, seed ${seed}`);
const vitest = fileURLToPath(new URL('../node_modules/vitest/vitest.mjs', import.meta.url));
const child = spawn(
  process.execPath,
  [vitest, 'run', '--disableConsoleIntercept', 'tests/cluster/soak.test.ts'],
  {
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    stdio: 'inherit',
    env: { ...process.env, SPATILE_SOAK_FAULTS: faults, SPATILE_SOAK_SEED: seed },
  },
);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('exit', (code) => process.exit(code ?? 1));
