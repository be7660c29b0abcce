import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openInput } from '@spatile/coordinator/run/open';
import { configSchema } from '@spatile/formats/config/schema';
import { afterAll, beforeAll, expect, it } from 'vitest';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'spatile-open-'));
  writeFileSync(join(folder, 'transcripts.csv'), 'x,y,gene\n1,2,ACTB\n3,4,ACTB\n');
  writeFileSync(join(folder, 'lasso.csv'), 'X,Y\n0,0\n40,0\n40,40\n0,40\n');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const open = (unit: 'um' | 'px') =>
  openInput(join(folder, 'transcripts.csv'), configSchema.parse({ input: { platform: 'table' } }), {
    path: join(folder, 'lasso.csv'),
    unit,
  });

it('a selection in pixels is refused when the bundle does not state its pixel size', async () => {
  await expect(open('px')).rejects.toMatchObject({
    code: 'CROP_INVALID',
    message:
      'lasso.csv: the selection is in pixels of unknown size; expected a bundle that states its pixel size; give the selection in um with --crop-unit um',
  });
});

it('a selection in microns is taken as it is', async () => {
  expect((await open('um')).selection?.bounds).toEqual({ x0: 0, y0: 0, x1: 40, y1: 40 });
});
