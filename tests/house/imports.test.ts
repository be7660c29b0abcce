import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const APART = 'coordinator and worker never import each other';
const STATEMENTS = [
  (specifier: string) => `import { x } from '${specifier}';\n\nexport const y = x;\n`,
  (specifier: string) => `export { x } from '${specifier}';\n`,
  (specifier: string) => `export const x = await import('${specifier}');\n`,
];

/** Folder of the importing file, what it imports, and what the linter must say. */
const refused = [
  ['coordinator/src/run', '@spatile/worker/stages', APART],
  ['coordinator/src/run', '../../../worker/src/stages.ts', APART],
  ['worker/src/assign', '@spatile/coordinator/api', APART],
  ['worker/src/assign', '../../../coordinator/src/api.ts', APART],
  ['worker/src/assign', '@spatile/instrument/judge/evaluate', 'what is judged does not import its judge'],
  ['formats/src/tile', '@spatile/worker/raster/distance', 'formats import no algorithm'],
  ['formats/src/tile', '@spatile/coordinator/plan/plan', 'formats import no algorithm'],
  ['formats/src/tile', '../../../random/src/stream.ts', 'formats import no algorithm'],
  ['worker/kernels/reference', '@spatile/formats/space', 'kernels import nothing'],
  ['worker/kernels/reference', '../../src/assign/nucleus/compute.ts', 'kernels import nothing'],
  ['worker/kernels', '../src/stages.ts', 'kernels import nothing'],
  ['instrument/kernels', '../src/simulate/tissue.ts', 'kernels import nothing'],
  ['random/src', '@spatile/formats/space', 'random imports nothing'],
  ['instrument/src/judge', '@spatile/coordinator/run/run', 'the judge shares no code with what it judges'],
] as const;

const allowed = [
  ['coordinator/src/run', '@spatile/formats/space'],
  ['worker/src/assign', '@spatile/random/stream'],
  ['worker/src/assign', '../../kernels/bind.ts'],
  ['instrument/src/judge', '@spatile/formats/spatialdata/read'],
  ['formats/src/tile', '../space.ts'],
] as const;

let project: string;
/** What the linter says about import rules, by case and statement. */
const said = new Map<string, string[]>();

beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), 'spatile-lint-'));
  await copyFile(join(root, 'biome.json'), join(project, 'biome.json'));
  for (const [at, [folder, specifier]] of [...refused, ...allowed].entries()) {
    for (const [kind, statement] of STATEMENTS.entries()) {
      const file = join(project, folder, `case${at}-${kind}.ts`);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, statement(specifier));
    }
  }
  const biome = join(root, 'node_modules/@biomejs/biome/bin/biome');
  const args = ['lint', '--vcs-enabled=false', '--reporter=github', '--max-diagnostics=none', '.'];
  const { stdout } = await promisify(execFile)(process.execPath, [biome, ...args], { cwd: project }).catch(
    (failure: { stdout: string }) => failure,
  );
  for (const [, name, message] of stdout.matchAll(
    /noRestrictedImports,file=[^,]*(case\d+-\d)\.ts,.*?::(.*)$/gm,
  )) {
    said.set(name, [...(said.get(name) ?? []), message]);
  }
});
afterAll(() => rm(project, { recursive: true }));

test.each(refused)('the linter refuses %s to import %s', (folder, specifier, message) => {
  const at = refused.findIndex((rule) => rule[0] === folder && rule[1] === specifier);
  for (const kind of STATEMENTS.keys()) {
    expect(said.get(`case${at}-${kind}`), STATEMENTS[kind](specifier)).toContain(message);
  }
});

test.each(allowed)('the linter allows %s to import %s', (folder, specifier) => {
  const at = refused.length + allowed.findIndex((rule) => rule[0] === folder && rule[1] === specifier);
  for (const kind of STATEMENTS.keys()) expect(said.get(`case${at}-${kind}`)).toBeUndefined();
});

test('AssemblyScript, which the linter cannot read, imports its own folder only', async () => {
  for (const folder of ['worker/kernels/assembly', 'instrument/kernels/assembly']) {
    for (const file of (await readdir(join(root, folder))).filter((name) => name.endsWith('.ts'))) {
      const source = await readFile(join(root, folder, file), 'utf8');
      const imports = [...source.matchAll(/^(?:import|export)\b[^;]*?from\s*['"]([^'"]+)['"]/gm)].map(
        ([, from]) => from,
      );
      expect(
        imports.filter((from) => !/^\.\/[\w.-]+$/.test(from)),
        file,
      ).toEqual([]);
    }
  }
});
