import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import packageJson from '../../../package.json' with { type: 'json' };

/** Of small pictures. The method takes half the time of libwebp's default, for 4 % more bytes. */
export const smallEncoding = { quality: 75, method: 2 } as const;

/** What is made of a picture's file. */
export interface Extracted {
  /** Of the picture, upright, in pixels. */
  width: number;
  height: number;
  /** The network's features, of length 1. */
  vector: Float32Array;
  /** The small picture, a WebP file. */
  small: Uint8Array;
}

/** What the same file gives the same for. */
export interface CacheKind {
  /** Of the model. */
  fingerprint: string;
  /** Values in a vector. */
  dimension: number;
  /** The longer side of small pictures, in pixels. */
  smallSize: number;
}

/** What was made of pictures, by the SHA-256 of their files; it can be thrown away at any time. */
export interface PictureCache {
  /** Undefined where there is nothing, or something damaged. */
  read(sha256: string): Promise<Extracted | undefined>;
  /** Whether it is there now: a folder that cannot be written is no fault, the next run takes longer. */
  write(sha256: string, extracted: Extracted): Promise<boolean>;
}

const magic = 'LKSITE1\n';
/** Magic, width, height, values of the vector, bytes of the small picture. */
const headerBytes = magic.length + 16;
const checkBytes = 32;

/**
 * A cache in a folder. An entry appears whole, under a name that says all that it depends on; several processes may work
 * in it at once.
 */
export function openPictureCache(folder: string, kind: CacheKind): PictureCache {
  // Another version may decode better.
  const { fingerprint, dimension, smallSize } = kind;
  const text = JSON.stringify([packageJson.version, fingerprint, dimension, smallSize, smallEncoding]);
  const place = join(folder, createHash('sha256').update(text).digest('hex').slice(0, 16));
  const pathOf = (sha256: string): string => join(place, sha256.slice(0, 2), sha256.slice(2));
  return {
    async read(sha256) {
      try {
        return decodeEntry(await readFile(pathOf(sha256)), sha256, kind);
      } catch {
        return undefined;
      }
    },
    async write(sha256, extracted) {
      const path = pathOf(sha256);
      const temporary = `${path}.${randomUUID()}.tmp`;
      try {
        await mkdir(join(path, '..'), { recursive: true });
        await writeFile(temporary, encodeEntry(extracted, sha256), { flag: 'wx' });
        await rename(temporary, path);
        return true;
      } catch {
        await rm(temporary, { force: true }).catch(() => {});
        return false;
      }
    },
  };
}

/** Whose entry it is goes into its checksum. */
const checksum = (body: Uint8Array, sha256: string): Buffer =>
  createHash('sha256').update(sha256).update(body).digest();

function encodeEntry({ width, height, vector, small }: Extracted, sha256: string): Uint8Array {
  const bytes = new Uint8Array(headerBytes + vector.byteLength + small.length + checkBytes);
  bytes.set(Buffer.from(magic, 'latin1'));
  const view = new DataView(bytes.buffer);
  for (const [i, value] of [width, height, vector.length, small.length].entries())
    view.setUint32(magic.length + 4 * i, value, true);
  for (const [i, value] of vector.entries()) view.setFloat32(headerBytes + 4 * i, value, true);
  bytes.set(small, headerBytes + vector.byteLength);
  const end = bytes.length - checkBytes;
  bytes.set(checksum(bytes.subarray(0, end), sha256), end);
  return bytes;
}

function decodeEntry(bytes: Buffer, sha256: string, { dimension }: CacheKind): Extracted | undefined {
  const end = bytes.length - checkBytes;
  if (end < headerBytes || bytes.toString('latin1', 0, magic.length) !== magic) return undefined;
  if (!checksum(bytes.subarray(0, end), sha256).equals(bytes.subarray(end))) return undefined;
  const [width, height, values, smallBytes] = [0, 1, 2, 3].map((i) =>
    bytes.readUInt32LE(magic.length + 4 * i),
  ) as [number, number, number, number];
  if (values !== dimension || headerBytes + 4 * values + smallBytes !== end) return undefined;
  const vector = Float32Array.from({ length: values }, (_, i) => bytes.readFloatLE(headerBytes + 4 * i));
  return { width, height, vector, small: new Uint8Array(bytes.subarray(headerBytes + 4 * values, end)) };
}
