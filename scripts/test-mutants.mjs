// Whether the tests of faults notice what they guard: breaks the program on purpose, one property at a time, in a copy of the
// checkout, and expects the matching test to fail there, and to pass in the copy that is whole.
// `npm run test:mutants [-- --quick] [-- --only TEXT]`; the list is tests/mutants/mutants.json.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = fileURLToPath(new URL('..', import.meta.url));
const { values } = parseArgs({
  options: { quick: { type: 'boolean' }, only: { type: 'string', default: '' } },
});
/** What git does not know of and a build makes. */
const BUILT = ['dist', 'worker/kernels/build', 'instrument/kernels/build'];
/** Where vitest says what became of the tests. */
const REPORT = 'mutants-report.json';

const all = JSON.parse(readFileSync(join(root, 'tests/mutants/mutants.json'), 'utf8'));
const chosen = all.filter(({ name, quick }) => name.includes(values.only) && (!values.quick || quick));
const needsBroker = ({ test }) => test.file.startsWith('tests/cluster/');
const hasBroker = spawnSync('nats-server', ['--version']).status === 0;

const copy = mkdtempSync(join(tmpdir(), 'spatile-mutants-'));
process.on('exit', () => rmSync(copy, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1));

copyCheckout();
let survivors = 0;
const whole = new Map();
for (const mutant of chosen) {
  if (needsBroker(mutant) && !hasBroker) {
    console.log(`skipped   ${mutant.name}: no nats-server on the path`);
    continue;
  }
  const began = performance.now();
  const end = await judge(mutant);
  if (end !== 'noticed') survivors++;
  console.log(`${end.padEnd(9)} ${mutant.name} (${((performance.now() - began) / 1000).toFixed(0)} s)`);
}
if (chosen.length === 0) console.error(`no mutant is called so: ${values.only}`);
process.exit(survivors > 0 || chosen.length === 0 ? 1 : 0);

/** `noticed`, `SURVIVED`, or `BROKEN` when the test does not pass on the whole program. */
async function judge({ edits, test, seconds = 120 }) {
  limitTo(test.file, seconds);
  const key = `${test.file}: ${test.title}`;
  if (!whole.has(key)) {
    rebuild();
    whole.set(key, await passes(test));
  }
  if (whole.get(key) !== true) return 'BROKEN';
  const originals = edits.map(({ file }) => [file, readFileSync(join(copy, file), 'utf8')]);
  for (const { file, find, replace } of edits) {
    const text = readFileSync(join(copy, file), 'utf8');
    if (text.split(find).length !== 2)
      throw new Error(`${file}: what is to be changed is not there once: ${find}`);
    writeFileSync(
      join(copy, file),
      text.replace(find, () => replace),
    );
  }
  try {
    rebuild();
    return (await passes(test)) === false ? 'noticed' : 'SURVIVED';
  } finally {
    for (const [file, text] of originals) writeFileSync(join(copy, file), text);
  }
}

/** Whether the tests of that title pass; null when there is none or it is skipped. */
async function passes({ file, title }) {
  const report = join(copy, REPORT);
  rmSync(report, { force: true });
  const pattern = title.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const vitest = join(copy, 'node_modules/vitest/vitest.mjs');
  const args = [vitest, 'run', file, '-t', pattern, '--reporter=json', `--outputFile=${report}`];
  await new Promise((resolve) => {
    spawn(process.execPath, args, { cwd: copy, stdio: 'ignore' }).on('exit', resolve);
  });
  if (!existsSync(report)) return false;
  const { success, numPassedTests } = JSON.parse(readFileSync(report, 'utf8'));
  // Also when what comes before the tests fails.
  if (!success) return false;
  return numPassedTests > 0 ? true : null;
}

/** A test that waits for what never comes fails sooner. */
function limitTo(file, seconds) {
  const path = join(copy, file);
  const text = readFileSync(path, 'utf8');
  writeFileSync(path, text.replace(/testTimeout: [\d_]+/, `testTimeout: ${1000 * seconds}`));
}

/** The kernels stay as they were built. */
function rebuild() {
  execFileSync(process.execPath, ['scripts/build.mjs', '--without-kernels'], { cwd: copy, stdio: 'ignore' });
}

function copyCheckout() {
  const listed = execFileSync('git', ['ls-files', '-co', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
  });
  const files = listed.split('\n').filter((file) => file !== '' && existsSync(join(root, file)));
  for (const file of [...files, ...BUILT]) {
    mkdirSync(dirname(join(copy, file)), { recursive: true });
    cpSync(join(root, file), join(copy, file), { recursive: true });
  }
  // Packages are those of the checkout, but the workspaces are those of the copy.
  mkdirSync(join(copy, 'node_modules/@spatile'), { recursive: true });
  for (const name of readdirSync(join(root, 'node_modules')))
    if (name !== '@spatile') symlinkSync(join(root, 'node_modules', name), join(copy, 'node_modules', name));
  for (const name of readdirSync(join(root, 'node_modules/@spatile')))
    symlinkSync(join(copy, name), join(copy, 'node_modules/@spatile', name));
}
