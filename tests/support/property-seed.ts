// Set before every test file: properties draw the same cases in every run, so that a failure is the change's own. Other cases
// are drawn with `SPATILE_TEST_SEED=N npm test`, or `random` for a seed that a failure then names.
import fc from 'fast-check';

const asked = process.env.SPATILE_TEST_SEED ?? '20260401';
if (asked !== 'random') fc.configureGlobal({ seed: Number(asked) });
