import { SpatileError } from '../../errors.ts';

/** What the header of a `.npy` file says (numpy.lib.format, versions 1 to 3). */
export interface NpyHeader {
  /** `u`nsigned, `i`nteger, `f`loat or `b`ool. */
  kind: 'u' | 'i' | 'f' | 'b';
  itemBytes: number;
  /** As numpy prints it, such as `uint16`. */
  dataType: string;
  columns: boolean;
  heightPx: number;
  widthPx: number;
  /** Offset of the first pixel in the file. */
  dataOffset: number;
}

const MAGIC = '\x93NUMPY';
const KIND_NAMES = { u: 'uint', i: 'int', f: 'float', b: 'bool' } as const;

const pickled = (file: string): SpatileError =>
  new SpatileError(
    'MASK_PICKLE',
    `${file}: the file holds pickled Python objects, which run code when they are read; expected a plain array of labels; save the masks as .tif, or as .npy with allow_pickle=False`,
    { fields: { file } },
  );

const invalid = (file: string, what: string): SpatileError =>
  new SpatileError(
    'PRIOR_INVALID',
    `${file}: ${what}; expected an array saved by numpy.save; save the mask again`,
    { fields: { file } },
  );

/**
 * Parses the header from the first bytes of a file of `fileBytes` bytes.
 * Errors: `PRIOR_INVALID` (no .npy file, or truncated), `MASK_PICKLE`, `MASK_DTYPE`, `MASK_SHAPE` (not two axes).
 */
export function parseNpyHeader(bytes: Uint8Array, fileBytes: number, file: string): NpyHeader {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  if (!text.startsWith(MAGIC)) {
    if (bytes[0] === 0x80) throw pickled(file);
    throw invalid(file, `this is no .npy file (it begins with ${JSON.stringify(text.slice(0, 6))})`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 12) throw invalid(file, `the header is truncated (${bytes.length} bytes)`);
  const long = bytes[6] >= 2;
  const start = long ? 12 : 10;
  const dataOffset = start + (long ? view.getUint32(8, true) : view.getUint16(8, true));
  if (dataOffset > bytes.length) throw invalid(file, `the header is truncated (${bytes.length} bytes)`);
  const header = text.slice(start, dataOffset);
  const type = parseType(/'descr'\s*:\s*('[^']*'|\[)/.exec(header)?.[1], file);
  const columns = /'fortran_order'\s*:\s*(True|False)/.exec(header)?.[1];
  const shape = /'shape'\s*:\s*\(([^)]*)\)/.exec(header)?.[1];
  if (columns === undefined || shape === undefined) {
    throw invalid(file, `the header lacks fortran_order or shape (${header.trim().slice(0, 100)})`);
  }
  const [heightPx, widthPx] = parseShape(shape, file);
  const expected = dataOffset + heightPx * widthPx * type.itemBytes;
  if (fileBytes < expected) {
    throw invalid(
      file,
      `the file is truncated (${fileBytes} bytes instead of ${expected} for ${heightPx} x ${widthPx} ${type.dataType})`,
    );
  }
  return { ...type, columns: columns === 'True', heightPx, widthPx, dataOffset };
}

function parseType(
  descr: string | undefined,
  file: string,
): Pick<NpyHeader, 'kind' | 'itemBytes' | 'dataType'> {
  const wrong = (found: string): SpatileError =>
    new SpatileError(
      'MASK_DTYPE',
      `${file}: the mask is ${found}; expected integers or bool, little endian; convert it with mask.astype('<u4')`,
      { fields: { file } },
    );
  if (descr === undefined) throw invalid(file, 'the header lacks descr');
  if (descr === '[') throw wrong('a structured array');
  const [, order, letter, size] = /^'([<>|=]?)([a-zA-Z])(\d*)'$/.exec(descr) ?? [];
  if (letter === 'O') throw pickled(file);
  const kind = letter as NpyHeader['kind'];
  const itemBytes = Number(size);
  const sizes = { u: [1, 2, 4, 8], i: [1, 2, 4, 8], f: [4, 8], b: [1] }[kind];
  if (sizes === undefined || !sizes.includes(itemBytes)) throw wrong(`of type ${descr}`);
  if (order === '>' && itemBytes > 1) throw wrong(`big endian (${descr})`);
  return { kind, itemBytes, dataType: kind === 'b' ? 'bool' : `${KIND_NAMES[kind]}${8 * itemBytes}` };
}

function parseShape(shape: string, file: string): [number, number] {
  const axes = shape
    .split(',')
    .map((axis) => axis.trim())
    .filter((axis) => axis !== '')
    .map((axis) => Number(axis.replace(/L$/, '')));
  const usable = axes.every((axis) => Number.isSafeInteger(axis) && axis >= 0);
  if (axes.length !== 2 || !usable || axes[0] * axes[1] > Number.MAX_SAFE_INTEGER / 8) {
    throw new SpatileError(
      'MASK_SHAPE',
      `${file}: the mask has the shape (${shape}); expected two axes, rows and columns; save one plane`,
      { fields: { file } },
    );
  }
  return [axes[0], axes[1]];
}
