import { writeFileSync } from 'node:fs';
import { listElements } from '@spatile/formats/spatialdata/read';
import { validateSpatialData } from '@spatile/formats/spatialdata/validate';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { run, testFolder } from './slide.ts';
import { expectConserved, storedRows } from './store.ts';

const at = testFolder();
const GENES = ['ACTB', 'CD3E', 'EPCAM', 'KRT8', 'NegControlProbe_1'];
let examples = 0;

/** A coordinate: anywhere, or on the lattice that tile edges lie on, so that points fall onto them exactly. */
const coordinate = fc.oneof(
  fc.double({ min: -50, max: 250, noNaN: true, noDefaultInfinity: true }).map((value) => Math.fround(value)),
  fc.integer({ min: -10, max: 50 }).map((value) => value * 4),
);

const transcript = fc.record({
  x: coordinate,
  y: coordinate,
  gene: fc.constantFrom(...GENES),
  cell: fc.constantFrom('', '1', '2', '3', 'c-4'),
  nuclear: fc.boolean(),
  qv: fc.constantFrom(40, 40, 40, 25, 10),
});

/** Up to 120 transcripts; cells may be scattered over the whole slide, which no instrument does and conservation allows. */
const table = fc.record({
  rows: fc.array(transcript, { minLength: 12, maxLength: 120 }),
  tileSizeUm: fc.constantFrom(50, 100, 400),
});

test.each(['nucleus', 'expand'] as const)('%s keeps every transcript of any table, once', async (method) => {
  await fc.assert(
    fc.asyncProperty(table, async ({ rows, tileSizeUm }) => {
      // Three transcripts make a cell, so that there always is one.
      const certain = [1, 2, 3].map((i) => ({
        ...{ x: 10 + i, y: 10, gene: 'ACTB', cell: 'sure', nuclear: true, qv: 40 },
      }));
      const all = [...rows, ...certain];
      const name = `${method}-${examples++}`;
      const file = at(`${name}.csv`);
      const lines = all.map(
        (row) => `${row.x},${row.y},${row.gene},${row.cell},${row.nuclear ? 1 : 0},${row.qv}`,
      );
      writeFileSync(file, `x,y,gene,cell,nuclear,qv\n${lines.join('\n')}\n`);
      const output = at(`${name}.zarr`);
      const summary = await run(file, output, {
        input: { platform: 'table', columns: { cell: 'cell', nuclear: 'nuclear', qv: 'qv' } },
        plan: { tileSizeUm, minTileSizeUm: 20 },
        assign: { method },
      });
      expect(await validateSpatialData(output)).toEqual([]);
      const kept = new Map(all.map((row, i) => [BigInt(i), row] as const).filter(([, { qv }]) => qv >= 20));
      expect(summary.transcripts.kept).toBe(kept.size);
      if (summary.cells > 0) {
        const { rows: stored } = await expectConserved(output, kept);
        expect(summary.transcripts.assigned).toBe(
          stored.filter(({ cell, isControl }) => cell !== '' && !isControl).length,
        );
      } else {
        expect((await listElements(output)).tables).toEqual([]);
        const stored = await storedRows(output);
        expect(stored.map(({ id }) => id).sort()).toEqual([...kept.keys()].sort());
        expect(stored.every(({ cell }) => cell === '')).toBe(true);
      }
    }),
    { numRuns: 5, seed: 20, endOnFailure: true },
  );
});
