// Writes what is generated from the sources: docs/configuration.md, the table of error codes in formats/README.md and the
// values of the Helm chart with their schema.
// Tests in tests/house compare both with the sources.
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));

const { outputFiles } = await build({
  absWorkingDir: root,
  stdin: {
    contents: `export { configReference } from './formats/src/config/reference.ts';
      export { errorReference } from './formats/src/errors-reference.ts';
      export { chartValues, chartValuesSchema } from './formats/src/config/chart-files.ts';`,
    resolveDir: root,
  },
  bundle: true,
  write: false,
  format: 'esm',
  platform: 'node',
  // Bundled packages of the older kind ask for modules of Node.js this way.
  banner: {
    js: "import { createRequire } from 'node:module'; const require = createRequire(process.cwd() + '/');",
  },
});
const code = Buffer.from(outputFiles[0].contents).toString('base64');
const { configReference, errorReference, chartValues, chartValuesSchema } = await import(
  `data:text/javascript;base64,${code}`
);

await writeFile(`${root}docs/configuration.md`, configReference());
await writeFile(`${root}charts/spatile/values.yaml`, chartValues());
await writeFile(`${root}charts/spatile/values.schema.json`, chartValuesSchema());
const readme = `${root}formats/README.md`;
const table = /(<!-- error codes -->\n).*(<!-- end of error codes -->)/s;
await writeFile(
  readme,
  (await readFile(readme, 'utf8')).replace(table, (_, open, close) => open + errorReference() + close),
);
