import { describe, expect, test } from 'vitest';
import { spatile } from './fake.ts';

const VERBS = ['run', 'inspect', 'simulate', 'evaluate', 'tile', 'report', 'status'];

describe('help', () => {
  test('lists every verb and the exit codes', async () => {
    const { exitCode, stdout, stderr } = await spatile(['--help']);
    expect(exitCode).toBe(0);
    expect(stderr).toBe('');
    for (const verb of VERBS) expect(stdout).toMatch(new RegExp(`^ {2}${verb} `, 'm'));
    expect(stdout).toContain('Exit codes: 0 done, 2 wrong usage');
  });

  test.each(VERBS)('%s has an example and offers --json and --debug', async (verb) => {
    const { exitCode, stdout } = await spatile([verb, '--help']);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/Examples?:\n {2}spatile /);
    expect(stdout).toContain(`spatile ${verb} `);
    expect(stdout).toContain('--json');
    expect(stdout).toContain('--debug');
  });

  test('"help run" is "run --help"', async () => {
    expect((await spatile(['help', 'run'])).stdout).toBe((await spatile(['run', '--help'])).stdout);
  });

  test('without a verb shows help on standard error and fails', async () => {
    const { exitCode, stdout, stderr } = await spatile([]);
    expect([exitCode, stdout]).toEqual([2, '']);
    expect(stderr).toContain('Usage: spatile');
  });

  test('prints the version of package.json', async () => {
    expect((await spatile(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

describe('wrong usage ends with one sentence and exit code 2', () => {
  test.each([
    [['rnu', 'outs'], "spatile: unknown command 'rnu'; did you mean run?"],
    [['zzzzzz'], "spatile: unknown command 'zzzzzz'; see spatile --help"],
    [
      ['run', 'outs', '-o', 'a.zarr', '--sed', '1'],
      "spatile: unknown option '--sed'; did you mean one of --seed, --set?",
    ],
    [
      ['run', 'outs', '-o', 'a.zarr', '--wokers=2'],
      "spatile: unknown option '--wokers=2'; did you mean --workers?",
    ],
    [['run', '-o', 'a.zarr'], "spatile: missing required argument 'bundle'; see spatile --help"],
    [['run', 'outs'], "spatile: required option '-o, --output <out.zarr>' not specified; see spatile --help"],
    [['run', 'outs', '-o'], "spatile: option '-o, --output <out.zarr>' argument missing; see spatile --help"],
    [
      ['run', 'a', 'b', '-o', 'c'],
      "spatile: too many arguments for 'run', expected 1 argument but got 2; see spatile --help",
    ],
    [
      ['run', 'outs', '-o', 'a.zarr', '--resume', '--overwrite'],
      "spatile: option '--resume' cannot be used with option '--overwrite'; see spatile --help",
    ],
    [
      ['run', 'outs', '-o', 'a.zarr', '--workers', '0'],
      'spatile: --workers: the value is not allowed (0); expected a whole number from 1 to 1024; correct the option',
    ],
    [
      ['run', 'outs', '-o', 'a.zarr', '--workers', '1.5'],
      'spatile: --workers: the value is not allowed (1.5); expected a whole number from 1 to 1024; correct the option',
    ],
    [
      ['run', 'outs', '-o', 'a.zarr', '--crop-unit', 'mm'],
      "spatile: option '--crop-unit <unit>' argument 'mm' is invalid, allowed choices are um, px; see spatile --help",
    ],
    [
      ['simulate', '-o', 'toy', '--size-um', 'wide'],
      'spatile: --size-um: the value is not allowed (wide); expected a number; correct the option',
    ],
    [
      ['run', 'outs', '-o', 'a.zarr', '--assign', 'prosge'],
      'spatile: --assign: assign.method: the value is not allowed ("prosge"); expected nucleus, expand, proseg, baysor; did you mean "proseg"?',
    ],
    [
      ['inspect', 'outs', '--set', 'plan.tilesize=3'],
      'spatile: --set: there is no setting "plan.tilesize"; did you mean "plan.tileSizeUm"?',
    ],
  ])('%j', async (args, sentence) => {
    const { exitCode, stdout, stderr } = await spatile(args);
    expect(stderr).toBe(`${sentence}\n`);
    expect(stdout).toBe('');
    expect(exitCode).toBe(2);
  });
});
