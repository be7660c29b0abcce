// Times the sampler's kernels on a simulated tile: node bench/kernels.mjs [tile edge in um] [genes]. Needs `npm run build` first.

import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
// Beside the bundled worker, where the wasm file lies.
const outfile = join(root, 'dist/worker/bench-kernels.js');
await build({
  absWorkingDir: root,
  entryPoints: ['bench/kernels.ts'],
  outfile,
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  plugins: [
    {
      name: 'bundle-only-workspaces',
      setup(plugin) {
        plugin.onResolve({ filter: /^[^./]/ }, (args) =>
          args.kind === 'entry-point' || args.path.startsWith('@spatile/')
            ? undefined
            : { path: args.path, external: true },
        );
      },
    },
  ],
});
await import(pathToFileURL(outfile).href);
