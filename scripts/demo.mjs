// The whole job on a slide whose truth is known: simulate, run, judge; then once more with plain expansion for comparison.
import { spawnSync } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const started = performance.now();

await rm(`${root}demo`, { recursive: true, force: true });
spatile('simulate -o demo/slide --size-um 400 --genes 300 --seed 1');
spatile('run demo/slide -o demo/slide.zarr --workers 2 --seed 1 --tile-size 220');
spatile('evaluate demo/slide.zarr --truth demo/slide.truth');

console.log(
  '\nThe same slide with every nucleus grown by 5 um, and the cells of the bundle, for comparison:\n',
);
spatile('run demo/slide -o demo/expand.zarr --workers 2 --tile-size 220 --assign expand --quiet');
spatile(
  'evaluate demo/slide.zarr demo/expand.zarr demo/slide --truth demo/slide.truth --name spatile expansion bundle --report demo/evaluation.html',
);

const seconds = ((performance.now() - started) / 1000).toFixed(0);
console.log(`
Done in ${seconds} s.
  result  demo/slide.zarr         SpatialData; open it with spatialdata.read_zarr (docs/output.md)
  report  demo/slide.report.html  open it in a browser
  judged  demo/evaluation.html    the results side by side, with pictures; open it in a browser
  truth   demo/slide.truth        what the judge compared with`);

/** Carries out one command as a user would, showing it first. */
function spatile(words) {
  console.log(`$ npx spatile ${words}`);
  const { status } = spawnSync(process.execPath, ['bin/spatile.js', ...words.split(' ')], {
    cwd: root,
    stdio: 'inherit',
  });
  if (status !== 0) process.exit(status ?? 1);
}
