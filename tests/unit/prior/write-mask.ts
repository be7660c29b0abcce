/** `.npy` bytes of format version 1, as numpy.save writes them. `data` holds the items in the order of the file. */
export function npyBytes(
  descr: string,
  shape: readonly number[],
  data: ArrayBufferView,
  columns = false,
): Buffer {
  const axes = shape.join(', ') + (shape.length === 1 ? ',' : '');
  const text = `{'descr': ${descr}, 'fortran_order': ${columns ? 'True' : 'False'}, 'shape': (${axes}), }`;
  const header = `${text.padEnd(Math.ceil((text.length + 11) / 64) * 64 - 11)}\n`;
  const start = Buffer.alloc(10);
  start.write('\x93NUMPY\x01\x00', 'latin1');
  start.writeUInt16LE(header.length, 8);
  return Buffer.concat([
    start,
    Buffer.from(header, 'latin1'),
    Buffer.from(data.buffer, data.byteOffset, data.byteLength),
  ]);
}

type Pixels = Uint8Array | Uint16Array | Uint32Array | Int32Array | Float32Array;

/** Little-endian TIFF of one page in uncompressed strips of `rowsPerStrip` rows. */
export function tiffBytes(
  widthPx: number,
  heightPx: number,
  pixels: Pixels,
  rowsPerStrip = heightPx,
  pages = 1,
): Buffer {
  const format = pixels instanceof Float32Array ? 3 : pixels instanceof Int32Array ? 2 : 1;
  const bits = 8 * pixels.BYTES_PER_ELEMENT;
  const data = Buffer.from(pixels.buffer, pixels.byteOffset, pixels.byteLength);
  const strips = Math.ceil(heightPx / rowsPerStrip);
  const stripBytes = (widthPx * rowsPerStrip * bits) / 8;
  const listsAt = 8 + data.length;
  const lists = Buffer.alloc(8 * strips);
  for (let i = 0; i < strips; i++) {
    lists.writeUInt32LE(8 + i * stripBytes, 4 * i);
    lists.writeUInt32LE(Math.min(stripBytes, data.length - i * stripBytes), 4 * (strips + i));
  }
  const tags: [number, number, number, number][] = [
    [256, 4, 1, widthPx],
    [257, 4, 1, heightPx],
    [258, 3, 1, bits],
    [259, 3, 1, 1],
    [262, 3, 1, 1],
    [273, 4, strips, strips === 1 ? 8 : listsAt],
    [277, 3, 1, 1],
    [278, 4, 1, rowsPerStrip],
    [279, 4, strips, strips === 1 ? data.length : listsAt + 4 * strips],
    [339, 3, 1, format],
  ];
  const directoryBytes = 2 + 12 * tags.length + 4;
  const directory = (page: number): Buffer => {
    const bytes = Buffer.alloc(directoryBytes);
    bytes.writeUInt16LE(tags.length, 0);
    tags.forEach(([tag, type, count, value], i) => {
      bytes.writeUInt16LE(tag, 2 + 12 * i);
      bytes.writeUInt16LE(type, 4 + 12 * i);
      bytes.writeUInt32LE(count, 6 + 12 * i);
      if (type === 3) bytes.writeUInt16LE(value, 10 + 12 * i);
      else bytes.writeUInt32LE(value, 10 + 12 * i);
    });
    const next = page + 1 < pages ? listsAt + lists.length + (page + 1) * directoryBytes : 0;
    bytes.writeUInt32LE(next, directoryBytes - 4);
    return bytes;
  };
  const head = Buffer.alloc(8);
  head.write('II*\0', 'latin1');
  head.writeUInt32LE(listsAt + lists.length, 4);
  return Buffer.concat([head, data, lists, ...Array.from({ length: pages }, (_, page) => directory(page))]);
}
