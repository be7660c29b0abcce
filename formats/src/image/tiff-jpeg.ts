/** Markers whose segment has a length: tables, APP0 to APP15, comment, restart interval. */
const DQT = 0xdb;
const DHT = 0xc4;
const DRI = 0xdd;
const SOS = 0xda;
const EOI = 0xd9;
const FRAMES = [0xc0, 0xc1, 0xc2];
/** Samples of a component along an edge of the unit that components are interleaved by (ITU-T T.81, B.2.2). */
const MAX_SAMPLING = 4;
/** More components than any TIFF of pixels has; a decoder reserves a plane for each. */
const MAX_COMPONENTS = 4;

/**
 * A JPEG says itself how large it is, and a decoder believes it: 20 bytes may ask for 12 GB. Walks all segments, refuses every
 * frame that is larger than its block, or a second one, for which a decoder reserves as much again; components without samples,
 * of which a decoder would read for ever; and segments whose length is not that of their content, in which a decoder that goes
 * by the content would find other markers. Throws a plain `Error`.
 */
export function checkJpegFrame(bytes: Uint8Array, width: number, height: number): void {
  const frames = countFrames(bytes, width, height);
  if (frames !== 1) throw new Error(`it holds ${frames === 0 ? 'no JPEG frame' : `${frames} JPEG frames`}`);
}

/** Tables that all blocks of a page share must hold no frame. Throws a plain `Error`. */
export function checkJpegTables(bytes: Uint8Array): void {
  if (countFrames(bytes, 0, 0) > 0) throw new Error('its JPEG tables hold a frame');
}

function countFrames(bytes: Uint8Array, width: number, height: number): number {
  if (bytes[0] !== 0xff || bytes[1] !== 0xd8) throw new Error('it is no JPEG');
  let frames = 0;
  for (let at = 2; ; ) {
    if (bytes[at] !== 0xff) throw new Error(`no JPEG marker at byte ${at}`);
    while (bytes[at] === 0xff) at++;
    if (at >= bytes.length || bytes[at] === EOI) return frames;
    const marker = bytes[at++];
    const length = (bytes[at] << 8) | bytes[at + 1];
    if (!(length >= 2 && at + length <= bytes.length)) throw new Error('a JPEG segment is cut short');
    const segment = bytes.subarray(at + 2, at + length);
    if (FRAMES.includes(marker)) {
      frames++;
      checkFrame(segment, width, height);
    }
    if (contentLength(marker, segment) !== segment.length)
      throw new Error(`the JPEG segment ${marker.toString(16)} has a wrong length`);
    at += length;
    if (marker === SOS) at = endOfScan(bytes, at);
  }
}

function checkFrame(segment: Uint8Array, width: number, height: number): void {
  const [h, w] = [(segment[1] << 8) | segment[2], (segment[3] << 8) | segment[4]];
  if (w > width || h > height)
    throw new Error(`the JPEG frame is ${w} x ${h}, the block ${width} x ${height}`);
  if (segment[5] > MAX_COMPONENTS) throw new Error(`the JPEG frame has ${segment[5]} components`);
  for (let k = 0; k < segment[5]; k++) {
    const [across, down] = [segment[7 + 3 * k] >> 4, segment[7 + 3 * k] & 15];
    if (!(Math.min(across, down) >= 1 && Math.max(across, down) <= MAX_SAMPLING))
      throw new Error(`a component of the JPEG frame has ${across} x ${down} samples`);
  }
}

/** Bytes that a segment's own fields take; NaN for a segment that no decoder here knows. */
function contentLength(marker: number, segment: Uint8Array): number {
  if (FRAMES.includes(marker)) return 6 + 3 * segment[5];
  if (marker === SOS) return 4 + 2 * segment[0];
  if (marker === DRI) return 2;
  if (marker === DQT || marker === DHT) return tablesLength(marker, segment);
  return (marker >= 0xe0 && marker <= 0xef) || marker === 0xfe ? segment.length : Number.NaN;
}

function tablesLength(marker: number, segment: Uint8Array): number {
  let at = 0;
  while (at < segment.length) {
    if (marker === DQT) at += segment[at] >> 4 === 0 ? 65 : 129;
    else at += 17 + segment.subarray(at + 1, at + 17).reduce((sum, count) => sum + count, 0);
  }
  return at;
}

/** Coded pixels end at the next marker that is neither a stuffed zero nor a restart. */
function endOfScan(bytes: Uint8Array, from: number): number {
  for (let at = from; at < bytes.length; at++) {
    const next = bytes[at + 1];
    if (bytes[at] === 0xff && next !== 0 && next !== 0xff && !(next >= 0xd0 && next <= 0xd7)) return at;
  }
  throw new Error('the JPEG ends within its pixels');
}
