import { joined } from '../../base/bytes.ts';
import type { Box } from './boxes.ts';

/** A picture of which the file does not say how many bits its channels have. */
export interface Gap {
  /** The box `ipma` with the list of its properties. */
  association: Box;
  /** Where that list's length stands, in one byte. */
  countAt: number;
  /** Where the list ends. */
  end: number;
  /** Bytes of each entry. */
  indexBytes: 1 | 2;
  /** The `av1C` of the picture, or of what it is made of; undefined where there is none. */
  config: Box | undefined;
}

/** `pixi`: the bits of each channel, as the AV1 configuration has them. */
function pixiOf(bytes: Uint8Array, config: Box): Uint8Array {
  const flags = bytes[config.start + 2]!;
  const depth = flags & 0x40 ? (flags & 0x20 ? 12 : 10) : 8;
  const depths = flags & 0x10 ? [depth] : [depth, depth, depth];
  return Uint8Array.of(0, 0, 0, 13 + depths.length, 112, 105, 120, 105, 0, 0, 0, 0, depths.length, ...depths);
}

/** Whether all data that `iloc` names lie in the file. If it is cut, what is added at its end would be taken for them. */
function isWithin(bytes: Uint8Array, iloc: Box): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, iloc.end);
  let at = iloc.start;
  const next = (byteLength: number): number => {
    let value = 0;
    for (let i = 0; i < byteLength; i++) value = value * 256 + view.getUint8(at + i);
    at += byteLength;
    return value;
  };
  try {
    const version = next(1);
    at += 3;
    const sizes = next(2);
    const [offset, length, base] = [sizes >> 12, (sizes >> 8) & 15, (sizes >> 4) & 15];
    const index = version === 0 ? 0 : sizes & 15;
    const longIds = version === 2;
    for (let items = next(longIds ? 4 : 2); items > 0; items--) {
      next(longIds ? 4 : 2);
      const isInFile = version === 0 || (next(2) & 15) === 0;
      next(2);
      const start = next(base);
      for (let extents = next(2); extents > 0; extents--) {
        next(index);
        const from = start + next(offset);
        const count = next(length);
        // 0: all that follows.
        if (isInFile && (count === 0 || from + count > bytes.length)) return false;
      }
    }
  } catch (error) {
    if (error instanceof RangeError) return false; // a list that is longer than its box
    throw error;
  }
  return true;
}

/**
 * The file with the property `pixi` where it lacks it. libavif insists on it; older versions of libheif left it out, and
 * browsers and Pillow read such files. A longer box `meta` at the end of the file replaces the old one, so nothing that
 * the file points to is moved.
 *
 * @param around the boxes `meta`, `iprp` and `ipco`
 * @param properties how many properties `ipco` holds
 * @param iloc the box that says where the data of the pictures lie
 * @param last the last box of the file
 * @returns the same file if it is cut, or its boxes are too unusual
 */
export function withPixi(
  bytes: Uint8Array,
  gaps: Gap[],
  around: [meta: Box, iprp: Box, ipco: Box],
  properties: number,
  iloc: Box | undefined,
  last: Box,
): Uint8Array {
  if (!iloc || !isWithin(bytes, iloc)) return bytes;
  const head = bytes.slice();
  const view = new DataView(head.buffer);
  const inserts: { at: number; bytes: Uint8Array }[] = [];
  const grown = new Map<Box, number>();
  const insert = (at: number, added: Uint8Array, boxes: Box[]): void => {
    inserts.push({ at, bytes: added });
    for (const box of boxes) grown.set(box, (grown.get(box) ?? 0) + added.length);
  };
  const [meta, iprp, ipco] = around;
  for (const [i, { association, countAt, end, indexBytes, config }] of gaps.entries()) {
    const index = properties + 1 + i;
    if (!config || config.end - config.start < 4 || index > (indexBytes === 2 ? 0x7fff : 0x7f)) return bytes;
    if (head[countAt]! === 255) return bytes;
    head[countAt]!++;
    insert(end, indexBytes === 2 ? Uint8Array.of(index >> 8, index) : Uint8Array.of(index), [
      association,
      iprp,
      meta,
    ]);
    insert(ipco.end, pixiOf(bytes, config), around);
  }
  for (const [{ at, start, end }, by] of grown) {
    if (start - at !== 8 || view.getUint32(at) !== end - at) return bytes;
    view.setUint32(at, end - at + by);
  }
  const parts: Uint8Array[] = [];
  let from = meta.at;
  for (const { at, bytes: added } of inserts.sort((a, b) => a.at - b.at)) {
    parts.push(head.slice(from, at), added);
    from = at;
  }
  parts.push(head.slice(from, meta.end));
  // "free" is passed over.
  head.set([102, 114, 101, 101], meta.at + 4);
  view.setUint32(meta.at, meta.end - meta.at);
  // A last box may go on to the end of the file, wherever that is.
  if (view.getUint32(last.at) === 0) view.setUint32(last.at, last.end - last.at);
  return joined([head, ...parts]);
}
