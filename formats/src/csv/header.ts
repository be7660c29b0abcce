import { csvInvalid } from './invalid.ts';

const MAX_HEADER_BYTES = 1 << 24;

/** How a CSV file is laid out, from its first line. */
export interface CsvHeader {
  separator: ',' | '\t';
  names: string[];
  /** Bytes before the first record. */
  length: number;
}

/**
 * Parses the header line at the start of a file; null when `bytes` does not hold all of it yet (and `final` is false).
 *
 * UTF-8 with or without byte order mark; separator comma or tab, whichever splits the line into more names; names may be
 * quoted or empty. `CSV_INVALID` when there is no header.
 */
export function parseHeader(path: string, bytes: Uint8Array, final: boolean): CsvHeader | null {
  const newline = bytes.indexOf(10);
  if (newline < 0 && !final) {
    if (bytes.length <= MAX_HEADER_BYTES) return null;
    throw csvInvalid(
      path,
      `the first ${bytes.length} bytes hold no line end`,
      'a CSV file with a header line',
      'check the file',
    );
  }
  const end = newline < 0 ? bytes.length : newline;
  const length = newline < 0 ? end : end + 1;
  const line = new TextDecoder().decode(bytes.subarray(0, end)).replace(/\r$/, '');
  if (line.includes('\0'))
    throw csvInvalid(path, 'the first line holds zero bytes (a binary file)', 'text', 'check the file');
  const separator = split(line, '\t').length > split(line, ',').length ? '\t' : ',';
  const names = split(line, separator);
  if (line.trim() === '')
    throw csvInvalid(path, 'the first line is empty', 'a header line with column names', 'add the header');
  if (names.length === 1 && line.includes(';')) {
    throw csvInvalid(
      path,
      'columns are separated by ";"',
      'commas or tabs, and decimal points',
      'export it again with these',
    );
  }
  return { separator, names, length };
}

/** Splits a header line; quotes protect separators, doubled quotes stand for one. */
function split(line: string, separator: string): string[] {
  const names: string[] = [];
  let name = '';
  let quoted = false;
  for (let i = 0; i < line.length; i++) {
    const letter = line[i];
    if (letter === '"' && quoted && line[i + 1] === '"') name += line[i++];
    else if (letter === '"') quoted = !quoted;
    else if (letter === separator && !quoted) {
      names.push(name);
      name = '';
    } else name += letter;
  }
  return [...names, name];
}
