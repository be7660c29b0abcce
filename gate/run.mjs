// Starts the regression gate: `npm run gate [-- options]`. Bundles it beside a copy of the built program, so that a build
// made while it runs changes nothing of what is measured.
import { spawn } from 'node:child_process';
import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = join(root, `dist-${process.pid}`);

let status = 1;
try {
  await cp(join(root, 'dist'), folder, { recursive: true });
  await build({
    absWorkingDir: root,
    entryPoints: ['gate/main.ts'],
    outdir: join(folder, 'gate'),
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    sourcemap: 'inline',
    logLevel: 'warning',
  });
  const child = spawn(
    process.execPath,
    ['--enable-source-maps', join(folder, 'gate/main.js'), ...process.argv.slice(2)],
    { cwd: root, stdio: 'inherit' },
  );
  // The gate cleans up by itself when it is told to stop.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill('SIGTERM'));
  status = await new Promise((resolve) => child.on('exit', (code) => resolve(code ?? 1)));
} finally {
  await rm(folder, { recursive: true, force: true });
}
process.exit(status);
