import { ERROR_CODES, EXIT_CODES } from './errors.ts';

/** The table of error codes in `formats/README.md`, in the order of the source. */
export function errorReference(): string {
  const rows = Object.entries(ERROR_CODES).map(
    ([code, [kind, meaning]]) => `| \`${code}\` | ${kind} | ${EXIT_CODES[kind]} | ${meaning} |`,
  );
  return ['| code | class | exit code | meaning |', '| --- | --- | --- | --- |', ...rows, ''].join('\n');
}
