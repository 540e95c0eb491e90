import { ascii } from '../../base/bytes.ts';
import { badImage } from '../bad-image.ts';
import { type Gap, withPixi } from './pixi.ts';

const broken = (what: string) => badImage(`broken AVIF: ${what}`);

/** What has to be known of an AVIF file before it is decoded, and what its decoder does not do. */
export interface AvifHeader {
  /** In pixels, of the primary picture as it is stored; undefined where the file does not say so. */
  size: { width: number; height: number } | undefined;
  /** Its rotation and mirroring as an EXIF orientation: 1 (upright) … 8. */
  orientation: number;
  /** The file, with what libavif insists on. */
  file: Uint8Array;
}

export interface Box {
  type: string;
  /** Where it begins. */
  at: number;
  /** Where its content begins and ends. */
  start: number;
  end: number;
}

/**
 * By mirroring (none, top to bottom, left to right) and then by quarters of a turn, as Pillow translates `irot` and
 * `imir`.
 */
const orientations = [
  [1, 8, 3, 6],
  [4, 5, 2, 7],
  [2, 7, 4, 5],
];

/**
 * Walks the boxes of an AVIF file.
 *
 * @throws LikenessError `bad-image` where a box is longer than what holds it
 */
export function readAvifHeader(bytes: Uint8Array): AvifHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const boxesIn = (start: number, end: number): Box[] => {
    const boxes: Box[] = [];
    const isFile = end === bytes.length && start === 0;
    for (let at = start; at < end; ) {
      const tooLong = () =>
        isFile
          ? badImage(`truncated AVIF: it ends after ${bytes.length} bytes`)
          : broken('a box is longer than the one around it');
      if (at + 8 > end) throw tooLong();
      let byteLength = view.getUint32(at);
      let header = 8;
      if (byteLength === 1) {
        if (at + 16 > end) throw tooLong();
        byteLength = Number(view.getBigUint64(at + 8));
        header = 16;
      } else if (byteLength === 0) byteLength = end - at;
      if (byteLength < header) throw broken(`a box of ${byteLength} bytes`);
      if (at + byteLength > end) throw tooLong();
      const type = ascii(bytes, at + 4, at + 8);
      boxes.push({ type, at, start: at + header, end: at + byteLength });
      at += byteLength;
    }
    return boxes;
  };
  const find = (boxes: Box[], type: string): Box | undefined => boxes.find((box) => box.type === type);
  const number = (box: Box, offset: number, byteLength: 1 | 2 | 4): number => {
    const at = box.start + offset;
    if (at + byteLength > box.end) throw broken(`its box ${box.type} is too short`);
    if (byteLength === 1) return view.getUint8(at);
    return byteLength === 2 ? view.getUint16(at) : view.getUint32(at);
  };

  const top = boxesIn(0, bytes.length);
  const header: AvifHeader = { size: undefined, orientation: 1, file: bytes };
  // The pictures of a sequence lie in tracks, whose properties are elsewhere; they are not turned.
  if (ascii(bytes, 8, 12) === 'avis') return header;
  const meta = find(top, 'meta');
  if (!meta) throw broken('it has no box "meta"');
  const inMeta = boxesIn(meta.start + 4, meta.end);
  const primary = find(inMeta, 'pitm');
  const properties = find(inMeta, 'iprp');
  if (!primary || !properties) throw broken('it does not say which picture it shows');
  const primaryId = number(primary, 4, number(primary, 0, 1) === 0 ? 2 : 4);
  const inProperties = boxesIn(properties.start, properties.end);
  const container = find(inProperties, 'ipco');
  if (!container) throw broken('it has no box "ipco"');
  const all = boxesIn(container.start, container.end);

  const anyConfig = find(all, 'av1C');
  const gaps: Gap[] = [];
  let quarters = 0;
  let mirrored = 0;
  for (const association of inProperties.filter(({ type }) => type === 'ipma')) {
    const version = number(association, 0, 1);
    const indexBytes = number(association, 3, 1) & 1 ? 2 : 1;
    const entries = number(association, 4, 4);
    let at = 8;
    for (let entry = 0; entry < entries; entry++) {
      const idBytes = version < 1 ? 2 : 4;
      const id = number(association, at, idBytes);
      const count = number(association, at + idBytes, 1);
      const countAt = association.start + at + idBytes;
      const own: (Box | undefined)[] = [];
      at += idBytes + 1;
      for (let i = 0; i < count; i++, at += indexBytes) {
        const index = number(association, at, indexBytes) & (indexBytes === 2 ? 0x7fff : 0x7f);
        own.push(all[index - 1]);
        const property = id === primaryId ? all[index - 1] : undefined;
        if (property?.type === 'ispe')
          header.size = { width: number(property, 4, 4), height: number(property, 8, 4) };
        if (property?.type === 'irot') quarters = number(property, 0, 1) & 3;
        if (property?.type === 'imir') mirrored = 1 + (number(property, 0, 1) & 1);
      }
      const has = (type: string): boolean => own.some((box) => box?.type === type);
      if (has('ispe') && !has('pixi')) {
        const config = own.find((box) => box?.type === 'av1C') ?? anyConfig;
        gaps.push({ association, countAt, end: association.start + at, indexBytes, config });
      }
    }
  }
  header.orientation = orientations[mirrored]![quarters]!;
  if (gaps.length > 0)
    header.file = withPixi(
      bytes,
      gaps,
      [meta, properties, container],
      all.length,
      find(inMeta, 'iloc'),
      top.at(-1)!,
    );
  return header;
}
