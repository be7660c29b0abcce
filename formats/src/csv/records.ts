import { SpatileError } from '../errors.ts';
import type { ColumnArray, ColumnRequest } from '../tabular/columns.ts';
import { isMissingNumber, parseDecimal, parseUnsigned } from './decimal.ts';
import type { CsvHeader } from './header.ts';
import { csvInvalid } from './invalid.ts';

const NEWLINE = 10;
const RETURN = 13;
const QUOTE = 34;

/**
 * Splits bytes into records and decodes the requested fields straight into typed arrays; no string is made for a field
 * unless it is a text not met before. Quotes follow RFC 4180 (separators, line ends and doubled quotes inside them).
 */
export class RecordParser {
  readonly #path: string;
  readonly #names: string[];
  readonly #separator: number;
  /** Per column of the file: index of its first request, or -1. */
  readonly #wanted: Int32Array;
  /** Per request: index of the next one for the same column, or -1. */
  readonly #also: Int32Array;
  readonly #requests: readonly ColumnRequest[];
  #arrays: ColumnArray[] = [];
  #words: (Uint32Array | null)[] = [];
  /** Rows decoded into the current batch. */
  rows = 0;
  /** Line of the file (1-based) where the next record starts, for messages. */
  #line = 2;
  #unquoted = new Uint8Array(256);
  #unquotedLength = 0;

  constructor(path: string, header: CsvHeader, requests: readonly ColumnRequest[]) {
    this.#path = path;
    this.#names = header.names;
    this.#separator = header.separator.charCodeAt(0);
    this.#requests = requests;
    this.#wanted = Int32Array.from(header.names, (name) =>
      requests.findIndex((request) => request.name === name),
    );
    this.#also = Int32Array.from(requests, ({ name }, index) =>
      requests.findIndex((request, other) => other > index && request.name === name),
    );
  }

  /** Starts a batch that is decoded into `arrays`, one per request, of equal lengths. */
  begin(arrays: ColumnArray[]): void {
    this.#arrays = arrays;
    this.#words = arrays.map((array) =>
      array instanceof BigUint64Array ? new Uint32Array(array.buffer) : null,
    );
    this.rows = 0;
  }

  /**
   * Decodes records from `bytes[start .. )` until `capacity` rows are there or no complete record is left; returns the
   * place after the last one. When `final`, the last record needs no line end.
   */
  parse(bytes: Uint8Array, start: number, capacity: number, final: boolean): number {
    const separator = this.#separator;
    const wanted = this.#wanted;
    const width = wanted.length;
    const end = bytes.length;
    let record = start;
    while (record < end && this.rows < capacity) {
      let at = record;
      let column = 0;
      let extraLines = 0;
      for (;;) {
        const field = at;
        let from = field;
        let to: number;
        let source = bytes;
        if (bytes[at] === QUOTE) {
          const closed = this.#unquote(bytes, at, end);
          if (closed < 0) return this.#incomplete(record, end, final, 'a quote is not closed');
          for (let i = field; i < closed; i++) if (bytes[i] === NEWLINE) extraLines++;
          at = closed;
          source = this.#unquoted;
          from = 0;
          to = this.#unquotedLength;
          if (at < end && bytes[at] === RETURN) at++;
          if (at < end && bytes[at] !== separator && bytes[at] !== NEWLINE) throw this.#strayQuote();
        } else {
          while (at < end && bytes[at] !== separator && bytes[at] !== NEWLINE) at++;
          to = at > field && (at === end || bytes[at] === NEWLINE) && bytes[at - 1] === RETURN ? at - 1 : at;
        }
        if (at >= end && !final) return this.#incomplete(record, end, final, '');
        const lineEnds = at >= end || bytes[at] === NEWLINE;
        if (lineEnds && column === 0 && to === from && source === bytes && width > 1) {
          at++;
          break; // an empty line
        }
        if (column >= width) throw this.#wrongWidth(column + 1, true);
        for (let request = wanted[column]; request >= 0; request = this.#also[request]) {
          this.#store(request, source, from, to);
        }
        column++;
        at++;
        if (lineEnds) {
          if (column < width) throw this.#wrongWidth(column, false);
          this.rows++;
          break;
        }
      }
      record = Math.min(at, end);
      this.#line += 1 + extraLines;
    }
    return record;
  }

  #store(index: number, bytes: Uint8Array, start: number, end: number): void {
    const request = this.#requests[index];
    if (request.as === 'code') {
      this.#arrays[index][this.rows] = request.table.code(bytes, start, end);
    } else if (request.as === 'float32') {
      const value = parseDecimal(bytes, start, end);
      if (Number.isNaN(value) && !isMissingNumber(bytes, start, end))
        throw this.#notANumber(request.name, bytes, start, end);
      (this.#arrays[index] as Float32Array)[this.rows] = value * request.scale;
    } else {
      const value = parseUnsigned(bytes, start, end);
      if (value === null) throw this.#notAnInteger(request.name, bytes, start, end);
      const words = this.#words[index]!;
      words[this.rows * 2] = Number(typeof value === 'bigint' ? value & 0xffffffffn : value % 4294967296);
      words[this.rows * 2 + 1] = Number(
        typeof value === 'bigint' ? value >> 32n : Math.floor(value / 4294967296),
      );
    }
  }

  /** Copies a quoted field without its quotes to the scratch; returns the place after the closing quote, -1 without one. */
  #unquote(bytes: Uint8Array, start: number, end: number): number {
    let length = 0;
    for (let at = start + 1; at < end; at++) {
      if (bytes[at] === QUOTE) {
        if (at + 1 < end && bytes[at + 1] === QUOTE) at++;
        else {
          this.#unquotedLength = length;
          return at + 1;
        }
      }
      if (length === this.#unquoted.length) {
        const larger = new Uint8Array(length * 2);
        larger.set(this.#unquoted);
        this.#unquoted = larger;
      }
      this.#unquoted[length++] = bytes[at];
    }
    return -1;
  }

  /** The record goes on in the next chunk; at the end of the file it is an error. */
  #incomplete(record: number, end: number, final: boolean, found: string): number {
    if (!final && end - record <= MAX_RECORD_BYTES) return record;
    const problem = final ? found : `a record is longer than ${MAX_RECORD_BYTES} bytes`;
    throw csvInvalid(
      this.#path,
      `line ${this.#line}: ${problem}`,
      'a CSV file with one record per line',
      'check the file',
    );
  }

  #strayQuote(): SpatileError {
    return csvInvalid(
      this.#path,
      `line ${this.#line}: text follows a closing quote`,
      'quotes around whole fields',
      'export it again',
    );
  }

  #wrongWidth(found: number, more: boolean): SpatileError {
    const hint = more ? 'decimal commas and unquoted separators look like this' : 'the file may be truncated';
    return csvInvalid(
      this.#path,
      `line ${this.#line} has ${more ? 'at least ' : ''}${found} fields (the header has ${this.#names.length})`,
      'as many as the header',
      `check that line: ${hint}`,
    );
  }

  #notANumber(name: string, bytes: Uint8Array, start: number, end: number): SpatileError {
    const text = shown(bytes, start, end);
    const comma = /^[+-]?\d+,\d+$/.test(text);
    return new SpatileError(
      'COLUMN_TYPE',
      `${this.#path}: column "${name}" holds ${comma ? 'a decimal comma' : 'something that is not a number'} ("${text}" in line ${this.#line}); expected ${comma ? 'decimal points' : 'numbers'}; ${comma ? 'export it again with points' : 'name another column or correct the line'}`,
      { fields: { file: this.#path, column: name, line: this.#line } },
    );
  }

  #notAnInteger(name: string, bytes: Uint8Array, start: number, end: number): SpatileError {
    return new SpatileError(
      'COLUMN_TYPE',
      `${this.#path}: column "${name}" holds something that is not an id ("${shown(bytes, start, end)}" in line ${this.#line}); expected integers from 0 to 2^64 - 1; name another column or none`,
      { fields: { file: this.#path, column: name, line: this.#line } },
    );
  }
}

const MAX_RECORD_BYTES = 1 << 24;

function shown(bytes: Uint8Array, start: number, end: number): string {
  return new TextDecoder().decode(bytes.subarray(start, Math.min(end, start + 40)));
}
