import { deflateSync } from 'fflate';
import { crc32 } from '../base/crc32.ts';
import { LikenessError } from '../base/errors.ts';
import { sha256 } from '../base/sha256.ts';
import { base64 } from './base64.ts';
import type { StaticFile } from './types.ts';

/** A file of the folder `likeness/`. */
export interface EncodedFile {
  name: string;
  bytes: Uint8Array;
}

/** Raw deflate. fflate gives the same bytes on every machine; zlib's differ from version to version. */
export const packed = (bytes: Uint8Array): Uint8Array => deflateSync(bytes, { level: 9 });

export const packedJson = (value: unknown): Uint8Array => packed(jsonBytes(value));

export const jsonBytes = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));

/** Hexadecimal digits of a name. */
const digits = 12;

/** Names files by their contents. Each content is one file. */
export class NamedFiles {
  readonly #hashes = new Map<string, string>();

  /**
   * @returns the name's digits, and the file where it is a new one
   * @throws LikenessError `bad-file` where two contents would have one name
   */
  async add(
    kind: string,
    ending: string,
    bytes: Uint8Array,
  ): Promise<{ hex: string; made: EncodedFile | undefined; file: StaticFile }> {
    const hash = await sha256(bytes);
    const hex = hash.slice(0, digits);
    const name = `${kind}-${hex}.${ending}`;
    const before = this.#hashes.get(name);
    if (before !== undefined && before !== hash) {
      throw new LikenessError(
        'bad-file',
        `Two files would be called ${name}: ${before} and ${hash} begin alike.`,
      );
    }
    this.#hashes.set(name, hash);
    return {
      hex,
      made: before === undefined ? { name, bytes } : undefined,
      file: { file: name, bytes: bytes.length, sha256: hash, crc32: crc32(bytes) },
    };
  }
}

/** Names as an entry has them: 6 bytes each. */
export const namesOf = (hexes: readonly string[]): string =>
  base64(Uint8Array.from(hexes.join('').match(/../g) ?? [], (byte) => Number.parseInt(byte, 16)));
