import { expect, it } from 'vitest';
import { compare } from '../../../gate/compare.ts';
import { complaintOf, tableOf } from '../../../gate/table.ts';
import { baseline, CASE, measured } from './numbers.ts';

it('says nothing of a gate that passes, and shows single slides on demand only', () => {
  const rows = compare(baseline(), measured(), CASE);
  expect(complaintOf(rows)).toBeNull();
  expect(tableOf(rows, false)).not.toMatch(/calm/);
  expect(tableOf(rows, true)).toMatch(/^proseg +calm +f1 +0\.8000 +0\.8000 +0\.7700 {2}same$/m);
});

it('says in one sentence what fell and grew, and how to accept it', () => {
  const now = measured();
  now.accuracy.proseg.crowded.f1 = 0.6;
  now.work.proseg.labelProposals = 1234;
  delete now.work.expand.tasks;
  const rows = compare(baseline(), now, CASE);
  const complaint = complaintOf(rows)!;
  expect(complaint).toContain('proseg on crowded: f1 went from 0.7000 to 0.6000 (allowed 0.0300)');
  expect(complaint).toContain('proseg: labelProposals grew by 23.4 % (allowed 10 %)');
  expect(complaint).toContain('expand: tasks is missing (was 4)');
  expect(complaint).toMatch(/npm run gate -- --accept "why"$/);
  expect(complaint).not.toContain('\n');
  expect(tableOf(rows, false)).toMatch(/^proseg +crowded +f1 .*WORSE$/m);
});
