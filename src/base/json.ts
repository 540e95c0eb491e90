import { LikenessError } from './errors.ts';

/** What JSON can hold. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** The byte order marks of what Windows programs call "UTF-8" and "Unicode". */
const marks: [mark: number[], encoding: string][] = [
  [[0xef, 0xbb, 0xbf], 'utf-8'],
  [[0xff, 0xfe], 'utf-16le'],
  [[0xfe, 0xff], 'utf-16be'],
];

/**
 * The text of a file that a person gave: UTF-8, or what its byte order mark says; without the mark.
 *
 * @param where names the file in messages
 * @throws LikenessError `bad-file` when the bytes are no text in that encoding
 */
export function fileText(bytes: Uint8Array, where: string): string {
  const encoding = marks.find(([mark]) => mark.every((byte, i) => bytes[i] === byte))?.[1] ?? 'utf-8';
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch (error) {
    throw new LikenessError('bad-file', `${where} is no text in UTF-8; save it as UTF-8.`, { cause: error });
  }
}

/**
 * What a JSON file that a person gave holds; a byte order mark is no part of it.
 *
 * @param where names the file in messages
 * @throws LikenessError `bad-file` when it is no JSON
 */
export function parseJson(bytes: Uint8Array, where: string): unknown {
  const text = fileText(bytes, where);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new LikenessError('bad-file', `${where} is not JSON: ${(error as Error).message}`, {
      cause: error,
    });
  }
}
