import { toSpatileError } from '@spatile/coordinator/cli/failure';
import { SpatileError } from '@spatile/formats/errors';
import { describe, expect, test } from 'vitest';

function systemError(code: string, syscall: string, path: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: something, ${syscall} '${path}'`), { code, syscall, path });
}

describe('toSpatileError', () => {
  test('leaves our own errors alone', () => {
    const error = new SpatileError('CROP_EMPTY', 'x');
    expect(toSpatileError(error)).toBe(error);
  });

  test.each([
    ['ENOSPC', 'write', 'DISK_FULL', 5],
    ['EDQUOT', 'write', 'DISK_FULL', 5],
    ['EMFILE', 'open', 'FILES_LIMIT', 5],
    ['ENOMEM', 'spawn', 'MEMORY_LIMIT', 5],
    ['EROFS', 'mkdir', 'OUTPUT_UNWRITABLE', 4],
    ['EACCES', 'mkdir', 'OUTPUT_UNWRITABLE', 4],
    ['EPERM', 'rename', 'OUTPUT_UNWRITABLE', 4],
    ['EACCES', 'open', 'INPUT_UNREADABLE', 3],
    ['ENOENT', 'open', 'INPUT_MISSING', 3],
    ['ECONNRESET', 'read', 'INTERNAL', 70],
  ])('%s while %s is %s', (code, syscall, expected, exitCode) => {
    const error = toSpatileError(systemError(code, syscall, 'place'));
    expect([error.code, error.exitCode]).toEqual([expected, exitCode]);
    expect(error.message).toMatch(
      expected === 'INTERNAL' ? /this is a bug/ : new RegExp(`^place: .*\\(${code}\\)`),
    );
  });

  test('a refused open below the output is the fault of the output', () => {
    const error = toSpatileError(systemError('EACCES', 'open', 'out.run/log'), ['out.run']);
    expect(error.code).toBe('OUTPUT_UNWRITABLE');
  });

  test('a refused allocation is a matter of memory', () => {
    const refused = () => new ArrayBuffer(Number.MAX_SAFE_INTEGER);
    expect(refused).toThrow(RangeError);
    try {
      refused();
    } catch (error) {
      expect(toSpatileError(error).code).toBe('MEMORY_LIMIT');
    }
  });

  test('things thrown that are no errors are taken too', () => {
    expect(toSpatileError('just text').message).toContain('(just text)');
    expect(toSpatileError(undefined).code).toBe('INTERNAL');
  });
});
