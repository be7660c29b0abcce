import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkOutput, clearOutput, runDirectoryFor } from '@spatile/coordinator/run/directory';
import { runSlide } from '@spatile/coordinator/run/run';
import { defaultConfig } from '@spatile/formats/config/schema';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

describe('what a run may write', () => {
  let folder: string;
  let output: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'spatile-directory-'));
    output = join(folder, 'sample.zarr');
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  async function earlierResult(): Promise<void> {
    await mkdir(output);
    await writeFile(join(output, 'zarr.json'), '{}');
    await mkdir(runDirectoryFor(output));
    await writeFile(join(runDirectoryFor(output), 'run.json'), '{}');
  }

  it('keeps the earlier result when --overwrite meets bad input', async () => {
    await earlierResult();
    const run = runSlide({
      bundle: join(folder, 'no-such-bundle'),
      output,
      config: defaultConfig(),
      workers: 1,
      crop: null,
      report: null,
      mode: 'overwrite',
      progress: () => undefined,
      signal: new AbortController().signal,
    });
    await expect(run).rejects.toMatchObject({ code: 'INPUT_MISSING' });
    expect(existsSync(join(output, 'zarr.json'))).toBe(true);
    expect(existsSync(join(runDirectoryFor(output), 'run.json'))).toBe(true);
  });

  it('is removed by overwriting only when spatile made it', async () => {
    await earlierResult();
    expect(await checkOutput({ output, report: null, mode: 'overwrite' })).toBe('overwrite');
    await clearOutput(output);
    expect(existsSync(output)).toBe(false);
    await mkdir(output);
    await writeFile(join(output, 'thesis.txt'), 'years of work');
    await expect(checkOutput({ output, report: null, mode: 'overwrite' })).rejects.toMatchObject({
      code: 'OUTPUT_EXISTS',
    });
    await expect(clearOutput(output)).rejects.toMatchObject({ code: 'OUTPUT_EXISTS' });
    expect(existsSync(join(output, 'thesis.txt'))).toBe(true);
  });

  it('starts when there is nothing to resume yet, and resumes when there is', async () => {
    expect(await checkOutput({ output, report: null, mode: 'resume' })).toBe('new');
    await earlierResult();
    expect(await checkOutput({ output, report: null, mode: 'resume' })).toBe('resume');
  });

  it('refuses to resume an output whose run directory is gone', async () => {
    await earlierResult();
    await rm(runDirectoryFor(output), { recursive: true });
    await expect(checkOutput({ output, report: null, mode: 'resume' })).rejects.toMatchObject({
      code: 'RUN_MISMATCH',
    });
  });

  it('refuses a folder that is there already', async () => {
    await earlierResult();
    await expect(checkOutput({ output, report: null, mode: 'new' })).rejects.toMatchObject({
      code: 'OUTPUT_EXISTS',
    });
  });

  it('refuses a report that could not be written, before anything is computed', async () => {
    for (const report of [join(folder, 'no-such-folder', 'r.html'), output, join(output, 'r.html')]) {
      await expect(checkOutput({ output, report, mode: 'new' })).rejects.toMatchObject({
        code: 'OUTPUT_UNWRITABLE',
      });
    }
    expect(await checkOutput({ output, report: join(folder, 'r.html'), mode: 'new' })).toBe('new');
  });
});
