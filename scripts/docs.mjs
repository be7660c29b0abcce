// Writes what is generated from the sources: docs/configuration.md and the table of error codes in formats/README.md.
// Tests in tests/house compare both with the sources.
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));

const { outputFiles } = await build({
  absWorkingDir: root,
  stdin: {
    contents: `export { configReference } from './formats/src/config/reference.ts';
      export { errorReference } from './formats/src/errors-reference.ts';`,
    resolveDir: root,
  },
  bundle: true,
  write: false,
  format: 'esm',
  platform: 'node',
});
const code = Buffer.from(outputFiles[0].contents).toString('base64');
const { configReference, errorReference } = await import(`data:text/javascript;base64,${code}`);

await writeFile(`${root}docs/configuration.md`, configReference());
const readme = `${root}formats/README.md`;
const table = /(<!-- error codes -->\n).*(<!-- end of error codes -->)/s;
await writeFile(
  readme,
  (await readFile(readme, 'utf8')).replace(table, (_, open, close) => open + errorReference() + close),
);
