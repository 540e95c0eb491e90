import { ascii, joined } from '../base/bytes.ts';
import { badImage } from './bad-image.ts';
import { findOrientation } from './exif.ts';

// Reads JPEG files marker by marker, as libjpeg does. All platforms decode with libjpeg, but they treat orientation,
// profiles and damage differently. So they get a bare file: only what all of them read as Pillow does.

/** A JPEG file, ready to be decoded. */
export interface Jpeg {
  /** The file reduced to its picture: no EXIF data, no profile, nothing behind it. */
  bare: Uint8Array<ArrayBuffer>;
  /** In pixels. */
  width: number;
  /** In pixels. */
  height: number;
  /** Colour channels: 1 (grey), 3, or 4 (CMYK and its relatives). */
  components: number;
  /** EXIF orientation, 1 (upright) … 8. */
  orientation: number;
}

const DHT = 0xc4;
const DAC = 0xcc;
const SOI = 0xd8;
const EOI = 0xd9;
const SOS = 0xda;
const DQT = 0xdb;
const DNL = 0xdc;
const DRI = 0xdd;
const APP0 = 0xe0;
const APP1 = 0xe1;
const APP14 = 0xee;
const APP15 = 0xef;
const COM = 0xfe;
const TEM = 0x01;

const isRestart = (marker: number): boolean => marker >= 0xd0 && marker <= 0xd7;
const isTable = (marker: number): boolean => [DHT, DAC, DQT, DRI].includes(marker);
const isApplication = (marker: number): boolean => marker >= APP0 && marker <= APP15;

/** Kinds of files, by the marker of their frame, that not all of browsers, sharp and Pillow read. */
const otherFrames: Record<number, string> = {
  195: 'lossless',
  197: 'hierarchical',
  198: 'hierarchical',
  199: 'hierarchical',
  201: 'arithmetic-coded',
  202: 'arithmetic-coded',
  203: 'lossless',
  205: 'hierarchical',
  206: 'hierarchical',
  207: 'hierarchical',
  222: 'hierarchical',
  247: 'JPEG-LS',
};

/** libjpeg guesses missing coefficients from those before this one. */
const GUESSED = 10;

const truncated = (bytes: Uint8Array) => badImage(`truncated JPEG: ${bytes.length} bytes and no end marker`);
const broken = (what: string) => badImage(`broken JPEG: ${what}`);
const unread = (what: string) =>
  badImage(
    `this JPEG is ${what}, which is not read here; save it as a baseline or progressive JPEG of 8 bits`,
  );

interface Frame {
  width: number;
  height: number;
  isProgressive: boolean;
  /** Of each component. */
  ids: number[];
  /** The lowest bit of each component's first coefficients that a scan has given, or −1. All zero: the picture is complete. */
  lowestBits: Int8Array[];
}

function readFrame(marker: number, segment: Uint8Array): Frame {
  const other = otherFrames[marker];
  if (other) throw unread(other);
  if (segment.length < 6) throw broken('its frame header is cut off');
  const view = new DataView(segment.buffer, segment.byteOffset, segment.length);
  const precision = segment[0]!;
  const components = segment[5]!;
  if (precision !== 8) throw unread(`of ${precision} bits a channel`);
  const height = view.getUint16(1);
  if (height === 0) throw unread('one that states its height behind the picture (DNL)');
  if (![1, 3, 4].includes(components))
    throw unread(`one of ${components} colour channels (wanted 1, 3 or 4)`);
  if (segment.length < 6 + 3 * components) throw broken('its frame header is cut off');
  return {
    width: view.getUint16(3),
    height,
    isProgressive: marker === 0xc2,
    ids: Array.from({ length: components }, (_, i) => segment[6 + 3 * i]!),
    lowestBits: Array.from({ length: components }, () => new Int8Array(GUESSED).fill(-1)),
  };
}

/** Notes what a scan brings. @returns how many components it has */
function readScan(frame: Frame, segment: Uint8Array): number {
  const count = segment[0] ?? 0;
  if (count < 1 || count > 4 || segment.length < 4 + 2 * count)
    throw broken('the header of a scan is cut off');
  const [first, last, bits] = segment.subarray(1 + 2 * count) as unknown as [number, number, number];
  for (let i = 0; i < count; i++) {
    const component = frame.ids.indexOf(segment[1 + 2 * i]!);
    if (component < 0) throw broken('a scan is of no colour channel that the picture has');
    const lowest = frame.lowestBits[component]!;
    if (frame.isProgressive) lowest.fill(bits & 15, first, last + 1);
    else lowest.fill(0);
  }
  return count;
}

/** A marker segment. An unknown number of Adobe's colour transform becomes 2: libjpeg does that too, but warns as of damage. */
function withKnownTransform(part: Uint8Array): Uint8Array {
  if (part[1] !== APP14 || part.length < 16 || part[15] === 0) return part;
  const copy = part.slice();
  copy[15] = 2;
  return copy;
}

/** Each version of libjpeg guesses missing scans in its own way. */
function checkComplete({ lowestBits }: Frame): void {
  if (lowestBits.some((lowest) => lowest.some((bit) => bit !== 0)))
    throw badImage(
      'truncated JPEG: it lacks some of its scans; get the file again, or save it as a new one where it can be seen',
    );
}

/**
 * Reads a JPEG file up to its end marker. As in libjpeg, any marker ends the data of a scan, and a picture of one scan is
 * whole then.
 *
 * @throws LikenessError `bad-image` where the file is truncated, broken, or of a kind that not every decoder reads
 */
export function readJpeg(bytes: Uint8Array): Jpeg {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const parts: Uint8Array[] = [];
  let frame: Frame | undefined;
  let orientation: number | undefined;
  let scans = 0;
  let isWhole = false;
  let at = 2;
  for (;;) {
    at = bytes.indexOf(0xff, at);
    while (at >= 0 && bytes[at] === 0xff) at++;
    const marker = at < 0 ? undefined : bytes[at++];
    if (marker === EOI) break;
    if (marker === undefined) {
      if (isWhole) break;
      throw truncated(bytes);
    }
    // A stuffed zero: data that the scan did not need.
    if (marker === 0 || marker === TEM || isRestart(marker)) continue;
    if (at + 2 > bytes.length) {
      if (isWhole) break;
      throw truncated(bytes);
    }
    const start = at - 2;
    const end = at + Math.max(view.getUint16(at), 2);
    const segment = bytes.subarray(at + 2, end);
    const isSkipped = isApplication(marker) || marker === COM || marker === DNL;
    if (isWhole && !isSkipped)
      throw broken(`marker FF ${marker.toString(16).toUpperCase()} behind its picture`);
    if (end > bytes.length) {
      if (isWhole) break;
      throw truncated(bytes);
    }
    at = end;
    if (isTable(marker)) parts.push(bytes.subarray(start, end));
    else if (marker === SOS) {
      if (!frame) throw broken('a scan comes before the frame');
      const components = readScan(frame, segment);
      for (;;) {
        at = bytes.indexOf(0xff, at);
        if (at < 0) throw truncated(bytes);
        let behind = at + 1;
        while (bytes[behind] === 0xff) behind++;
        const next = bytes[behind];
        if (next === undefined) throw truncated(bytes);
        if (next !== 0 && !isRestart(next)) break;
        at = behind + 1;
      }
      parts.push(bytes.subarray(start, at));
      if (scans++ === 0) isWhole = !frame.isProgressive && components === frame.ids.length;
    } else if (isSkipped) {
      if (scans > 0) continue;
      // These two may say how colours are stored.
      if (marker === APP0 || marker === APP14) parts.push(bytes.subarray(start, end));
      if (marker === APP1 && orientation === undefined && ascii(segment, 0, 5) === 'Exif\0')
        orientation = findOrientation(segment, 0, segment.length) ?? 1;
    } else if ((marker >= 0xc0 && marker <= 0xcf && marker !== 0xc8) || otherFrames[marker]) {
      if (frame) throw broken('it has two frames');
      frame = readFrame(marker, segment);
      parts.push(bytes.subarray(start, end));
    } else throw broken(`unknown marker FF ${marker.toString(16).padStart(2, '0').toUpperCase()}`);
  }
  if (!frame || scans === 0) throw broken('there is no picture in it');
  checkComplete(frame);
  const { width, height, ids } = frame;
  if (ids.length === 4) for (const [i, part] of parts.entries()) parts[i] = withKnownTransform(part);
  const bare = joined([Uint8Array.of(0xff, SOI), ...parts, Uint8Array.of(0xff, EOI)]);
  return { bare, width, height, components: ids.length, orientation: orientation ?? 1 };
}
