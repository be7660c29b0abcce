import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const built = existsSync(`${root}dist/coordinator/main.js`);
const gate = (...words: string[]) =>
  spawnSync(process.execPath, ['gate/run.mjs', ...words], { cwd: root, encoding: 'utf8' });

test.skipIf(!built)('new numbers are not accepted without a reason', () => {
  const { status, stderr } = gate('--accept', 'ok');
  expect(status).toBe(1);
  expect(stderr).toBe(
    'gate: --accept says too little; expected the reason in a few words; it is kept in gate/baseline.json\n',
  );
});

test.skipIf(!built)('the gate says what it does', () => {
  const { status, stdout } = gate('--help');
  expect(status).toBe(0);
  for (const option of ['--all', '--accept TEXT', '--noise']) expect(stdout).toContain(option);
});
