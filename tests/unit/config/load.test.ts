import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ConfigSources, resolveConfig } from '@spatile/formats/config/load';
import { defaultConfig } from '@spatile/formats/config/schema';
import { SpatileError } from '@spatile/formats/errors';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spatile-config-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function yamlFile(text: string): Promise<string> {
  const file = join(folder, 'run.yaml');
  await writeFile(file, text);
  return file;
}

async function failure(sources: ConfigSources): Promise<SpatileError> {
  const error = await resolveConfig(sources).then(
    () => null,
    (reason) => reason,
  );
  expect(error).toBeInstanceOf(SpatileError);
  expect(error.message).not.toContain('\n');
  return error;
}

describe('resolveConfig', () => {
  test('without sources gives the defaults', async () => {
    expect(await resolveConfig({})).toEqual(defaultConfig());
  });

  test('takes a file over the defaults, --set over the file, overrides over --set', async () => {
    const file = await yamlFile(
      'seed: 1\nassign:\n  method: expand\n  expand:\n    distanceUm: 8\nplan:\n  tileSizeUm: 500\n',
    );
    const config = await resolveConfig({
      file,
      set: ['assign.expand.distanceUm=9', 'seed=2'],
      overrides: [{ path: 'seed', value: 3, origin: '--seed' }],
    });
    expect(config.assign.method).toBe('expand');
    expect(config.assign.expand).toEqual({ ...defaultConfig().assign.expand, distanceUm: 9 });
    expect(config.plan.tileSizeUm).toBe(500);
    expect(config.seed).toBe(3);
  });

  test('reads YAML values of every kind from --set', async () => {
    const config = await resolveConfig({
      set: [
        'input.minQv=null',
        'input.dropInvalid=true',
        'prior.maskOriginUm=[1.5, -2]',
        'plan.memoryPerWorker=512MiB',
        'assign.expand={distanceUm: 3, pixelSizeUm: 0.5}',
        'input.columns.feature="1"',
      ],
    });
    expect(config.input.minQv).toBeNull();
    expect(config.input.dropInvalid).toBe(true);
    expect(config.prior.maskOriginUm).toEqual([1.5, -2]);
    expect(config.plan.memoryPerWorker).toBe(512 * 2 ** 20);
    expect(config.assign.expand).toEqual({ distanceUm: 3, pixelSizeUm: 0.5 });
    expect(config.input.columns.feature).toBe('1');
  });

  test('takes an empty file as no settings', async () => {
    expect(await resolveConfig({ file: await yamlFile('# nothing yet\n') })).toEqual(defaultConfig());
  });
});

describe('unknown keys', () => {
  test.each([
    ['assign.expand.distnaceUm=8', 'assign.expand.distanceUm'],
    ['plan.tilesizeum=400', 'plan.tileSizeUm'],
    ['voxelUm=2', 'assign.proseg.voxelUm'],
    ['assing.method=expand', 'assign.method'],
  ])('--set %s names the nearest path', async (assignment, nearest) => {
    const error = await failure({ set: [assignment] });
    expect(error.code).toBe('CONFIG_UNKNOWN_KEY');
    expect(error.message).toBe(
      `--set: there is no setting "${assignment.split('=')[0]}"; did you mean "${nearest}"?`,
    );
  });

  test('a file is named', async () => {
    const file = await yamlFile('assign:\n  metod: expand\n');
    const error = await failure({ file });
    expect(error.code).toBe('CONFIG_UNKNOWN_KEY');
    expect(error.message).toBe(`${file}: there is no setting "assign.metod"; did you mean "assign.method"?`);
    expect(error.fields).toEqual({ path: 'assign.metod', nearest: 'assign.method', origin: file });
  });

  test('nothing near points to the reference', async () => {
    const error = await failure({ set: ['zzzzzzzz=1'] });
    expect(error.message).toBe(
      '--set: there is no setting "zzzzzzzz"; docs/configuration.md lists all settings',
    );
  });

  test('names of object internals are no settings', async () => {
    for (const path of ['__proto__.polluted', 'constructor.prototype.polluted', 'plan.__proto__.polluted']) {
      expect((await failure({ set: [`${path}=1`] })).code).toBe('CONFIG_UNKNOWN_KEY');
    }
    expect((await failure({ file: await yamlFile('__proto__:\n  polluted: 1\n') })).code).toBe(
      'CONFIG_UNKNOWN_KEY',
    );
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });
});

describe('values that are not allowed', () => {
  test.each([
    ['plan.tileSizeUm=10', 'number from 50 to 20000', '10'],
    ['seed=1.5', 'integer of at least 0', '1.5'],
    ['seed=9007199254740993', 'integer of at least 0', '9007199254740992'],
    ['input.dropInvalid=maybe', 'true or false', '"maybe"'],
    ['prior.maskOriginUm=[1]', 'list of 2: number, number', '[1]'],
    ['prior.maskOriginUm=[1, x]', 'list of 2: number, number', '[1,"x"]'],
    ['version=2', '1', '2'],
    ['assign=null', 'a section with settings', 'null'],
    ['plan.memoryPerWorker=lots', 'integer above 0 or amount with a unit such as 2GiB', '"lots"'],
  ])('--set %s says what is', async (assignment, allowed, found) => {
    const error = await failure({ set: [assignment] });
    expect(error.code).toBe('CONFIG_INVALID');
    expect(error.message).toBe(
      `--set ${assignment.split('=')[0]}: the value is not allowed (${found}); expected ${allowed}; see docs/configuration.md`,
    );
  });

  test('an option of its own is named, and a near choice proposed', async () => {
    const error = await failure({
      overrides: [{ path: 'assign.method', value: 'prosge', origin: '--assign' }],
    });
    expect(error.message).toBe(
      '--assign: assign.method: the value is not allowed ("prosge"); expected nucleus, expand, proseg, baysor; did you mean "proseg"?',
    );
  });

  test('an assignment without = is explained', async () => {
    const error = await failure({ set: ['seed'] });
    expect(error.code).toBe('CONFIG_INVALID');
    expect(error.message).toContain('--set: "seed" is not an assignment; expected path=value');
  });

  test('very long values are cut', async () => {
    const error = await failure({ set: [`assign.method=${'x'.repeat(10_000)}`] });
    expect(error.message.length).toBeLessThan(300);
  });
});

describe('unreadable files', () => {
  test('missing', async () => {
    const error = await failure({ file: join(folder, 'absent.yaml') });
    expect(error.code).toBe('CONFIG_UNREADABLE');
    expect(error.message).toMatch(
      /absent\.yaml: the configuration file cannot be read \(ENOENT\); expected a YAML file/,
    );
  });

  test('a folder', async () => {
    expect((await failure({ file: folder })).code).toBe('CONFIG_UNREADABLE');
  });

  test.each([
    ['broken YAML', 'assign: [1, 2\nseed: 3'],
    ['a key twice', 'seed: 1\nseed: 2\n'],
    ['a list', '- seed\n'],
    ['one word', 'expand\n'],
    ['several documents', 'seed: 1\n---\nseed: 2\n'],
    [
      'an alias bomb',
      `a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [${Array(9).fill('*a')}]\nc: &c [${Array(9).fill('*b')}]\nd: [${Array(9).fill('*c')}]\n`,
    ],
  ])('%s', async (_, text) => {
    const error = await failure({ file: await yamlFile(text) });
    expect(error.code).toBe('CONFIG_UNREADABLE');
    expect(error.message).toContain('run.yaml: the configuration file');
  });

  test('a file that is far too large', async () => {
    const error = await failure({ file: await yamlFile('#'.repeat(2 << 20)) });
    expect(error.message).toContain('larger than 1 MiB');
  });
});
