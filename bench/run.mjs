// Starts the benches: `npm run bench -- [NAME] [options]`. Bundles them beside a copy of the built program, so that a build
// made while a bench runs changes nothing of what is measured.
import { spawn } from 'node:child_process';
import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = join(root, `dist-${process.pid}`);

/** Our own workspaces are bundled; npm dependencies stay imports. */
const onlyOurs = {
  name: 'bundle-only-workspaces',
  setup(plugin) {
    plugin.onResolve({ filter: /^[^./]/ }, ({ kind, path }) =>
      kind === 'entry-point' || path.startsWith('@spatile/') ? undefined : { path, external: true },
    );
  },
};

/** Runs a program of ours in its own process and waits for it, also when it is told to stop: it cleans up by itself. */
function start(args) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, { cwd: root, stdio: 'inherit' });
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill('SIGTERM'));
    child.on('exit', (code) => resolve(code ?? 1));
  });
}

let status = 1;
try {
  await cp(join(root, 'dist'), folder, { recursive: true });
  await build({
    absWorkingDir: root,
    // The kernels beside the bundled worker, where their wasm file lies.
    entryPoints: {
      'bench/main': 'bench/main.ts',
      'bench/tile-server': 'bench/cluster/server.ts',
      'bench/scale-coordinator': 'bench/cluster/scale/coordinator.ts',
      'bench/scale-workers': 'bench/cluster/scale/workers.ts',
      'worker/bench-kernels': 'bench/kernels.ts',
      'worker/bench-segment': 'bench/segment/judge.ts',
      'worker/bench-cells': 'bench/segment/cells.ts',
      'worker/bench-segment-originals': 'bench/segment/originals.ts',
      'worker/bench-typing': 'bench/correct/typing.ts',
    },
    outdir: folder,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    sourcemap: 'inline',
    plugins: [onlyOurs],
    logLevel: 'warning',
  });
  const main = join(folder, 'bench/main.js');
  status = await start(['--enable-source-maps', main, ...process.argv.slice(2)]);
} finally {
  await rm(folder, { recursive: true, force: true });
}
process.exit(status);
