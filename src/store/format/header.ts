import { hexOf, viewOf } from '../../base/bytes.ts';
import { crc32 } from '../../base/crc32.ts';
import { LikenessError } from '../../base/errors.ts';
import { decodeBlock, encodeBlock } from './block.ts';

/** The first bytes of an index file: not text, and damaged visibly by whatever turns line ends. */
const magic = Uint8Array.of(0x89, 0x4c, 0x4b, 0x4e, 0x53, 0x0d, 0x0a, 0x1a); // \x89LKNS\r\n\x1a

/** @param begin the first bytes of a file */
export const isIndex = (begin: Uint8Array): boolean => magic.every((byte, i) => begin[i] === byte);

export const formatVersion = 1;
/** Bytes of the header: the first segment begins behind it. */
export const headerBytes = 4096;
/** The part of the header that never changes ends here. What changes lies behind it, in a disk sector of its own. */
const fixedBytes = headerBytes - 512;
/** Where the checkpoint is, which names a late commit: by it a file that was cut short is noticed. */
export const checkpointAt: number = fixedBytes;
/** Where the generation that replaces this one is written. */
export const successorAt: number = headerBytes - 64;

/** Which model made an index's features. */
export interface IndexModel {
  name: string;
  version: string;
  fingerprint: string;
}

/** Of a manifest, only what an index notes. */
export const identityOf = ({ name, version, fingerprint }: IndexModel): IndexModel => {
  return { name, version, fingerprint };
};

/** What an index holds; fixed when it is made. */
export interface IndexInfo {
  model: IndexModel;
  /** Values in a row. */
  dimension: number;
  /** `keras` where EXIF orientation was not applied. */
  parity: 'keras' | null;
}

/** How a header says what pictures were read with: the word is older than the option. */
export const parityOf = (exif: 'apply' | 'ignore' | undefined): IndexInfo['parity'] =>
  exif === 'ignore' ? 'keras' : null;

export interface Header extends IndexInfo {
  /** The number in the file's name: 1, and more with each compaction. */
  generation: number;
  /** 16 bytes as hex, the same through all generations. */
  identity: string;
  /** Bytes of the file that were on the medium before the header was written. */
  synced: number;
}

/** An identity for a new index. */
export const newIdentity = (): string => hexOf(crypto.getRandomValues(new Uint8Array(16)));

const float32 = 1;

/** The CRC of a header leaves out itself and what is written later. */
const headerCrc = (bytes: Uint8Array): number =>
  crc32(bytes.subarray(64, fixedBytes), crc32(bytes.subarray(0, 60)));

/** @internal */
export function encodeHeader(header: Header): Uint8Array<ArrayBuffer> {
  const { generation, identity, synced, dimension, model, parity } = header;
  const json = new TextEncoder().encode(JSON.stringify({ model, parity }));
  const room = fixedBytes - 64;
  if (json.length > room) {
    const what = `The model's names take ${json.length} bytes; an index has room for ${room}.`;
    throw new LikenessError('bad-argument', what);
  }
  const bytes = new Uint8Array(headerBytes);
  const view = viewOf(bytes);
  bytes.set(magic);
  view.setUint32(8, formatVersion, true);
  view.setUint32(12, headerBytes, true);
  view.setUint32(16, dimension, true);
  view.setUint32(20, float32, true);
  view.setUint32(24, generation, true);
  view.setUint32(28, json.length, true);
  for (let i = 0; i < 16; i++) bytes[32 + i] = Number.parseInt(identity.slice(2 * i, 2 * i + 2), 16);
  view.setBigUint64(48, BigInt(synced), true);
  bytes.set(json, 64);
  view.setUint32(60, headerCrc(bytes), true);
  return bytes;
}

/**
 * The header in a file's first {@link headerBytes}; `undefined` when it was never finished: a new file, or a
 * compaction that was interrupted.
 *
 * @param fileBytes size of the whole file
 * @throws LikenessError `bad-file` when it is damaged or something else, `newer-format`
 */
export function decodeHeader(bytes: Uint8Array, fileBytes: number, name: string): Header | undefined {
  const bad = (what: string): LikenessError => new LikenessError('bad-file', `${name} ${what}`);
  // Zeros: not yet written. Of a header alone, a crash may have left any part of it.
  const begun = fileBytes <= headerBytes ? bytes.subarray(0, magic.length) : bytes;
  if (begun.every((byte) => byte === 0)) return undefined;
  if (magic.some((byte, i) => i < bytes.length && bytes[i] !== byte)) {
    throw bad('is not an index: it does not begin with the magic bytes of one.');
  }
  if (bytes.length < headerBytes) return undefined;
  const view = viewOf(bytes);
  const version = view.getUint32(8, true);
  const whole = view.getUint32(60, true) === headerCrc(bytes);
  if (version > formatVersion) {
    throw new LikenessError(
      'newer-format',
      `${name} has format version ${version}, this program reads up to version ${formatVersion}; use a newer Likeness.`,
    );
  }
  if (!whole) {
    // Without a segment behind it, it is one whose writing was cut short.
    if (fileBytes <= headerBytes) return undefined;
    throw bad('has a damaged header; restore it from a copy, or make the index again.');
  }
  const precision = view.getUint32(20, true);
  if (precision !== float32 || view.getUint32(12, true) !== headerBytes || version < 1) {
    throw bad(`has a header of an unknown kind (version ${version}, precision ${precision}).`);
  }
  const { model, parity } = JSON.parse(
    new TextDecoder().decode(bytes.subarray(64, 64 + view.getUint32(28, true))),
  ) as Pick<Header, 'model' | 'parity'>;
  return {
    model,
    parity,
    dimension: view.getUint32(16, true),
    generation: view.getUint32(24, true),
    identity: hexOf(bytes.subarray(32, 48)),
    synced: Number(view.getBigUint64(48, true)),
  };
}

/** A commit, and so up to where a file was read or written: the next commit goes on from here. */
export interface Position {
  sequence: number;
  /** Where it ends. */
  end: number;
  /** Of its commit block. */
  checksum: number;
}

const checkpointMagic = 0x4b52414d; // 'MARK'
const nextMagic = 0x5458454e; // 'NEXT'
const checkpointBytes = 24;
const successorBytes = 12;

/** @internal */
export const encodeCheckpoint = ({ sequence, end, checksum }: Position): Uint8Array<ArrayBuffer> =>
  encodeBlock(checkpointBytes, [
    checkpointMagic,
    sequence,
    end % 2 ** 32,
    Math.floor(end / 2 ** 32),
    checksum,
  ]);

/** @returns `undefined` where a header has no checkpoint, or a damaged one */
export function decodeCheckpoint(header: Uint8Array): Position | undefined {
  const bytes = header.subarray(checkpointAt, checkpointAt + checkpointBytes);
  const [sequence, low, high, checksum] = decodeBlock(bytes, checkpointMagic, 4) ?? [];
  return sequence === undefined ? undefined : { sequence, end: low! + high! * 2 ** 32, checksum: checksum! };
}

/** @internal What a compaction writes at {@link successorAt} of the generation that it replaces. */
export const encodeSuccessor = (generation: number): Uint8Array<ArrayBuffer> =>
  encodeBlock(successorBytes, [nextMagic, generation]);

/** The generation that replaces this one; `undefined` when none does. */
export const decodeSuccessor = (header: Uint8Array): number | undefined =>
  decodeBlock(header.subarray(successorAt, successorAt + successorBytes), nextMagic, 1)?.[0];

/** The checksum in a header: the previous checksum of the first segment. */
export const checksumOfHeader = (header: Uint8Array): number => viewOf(header).getUint32(60, true);
