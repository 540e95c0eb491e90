import { viewOf } from '../../base/bytes.ts';
import { LikenessError } from '../../base/errors.ts';
import { type RandomAccess, readBytes } from '../../base/random-access.ts';

/** A field of a Protocol Buffers message. Its content is bytes `from` … `to` − 1 of the file. */
export interface Field {
  number: number;
  /** How it is encoded: 0 varint, 1 eight bytes, 2 length and content, 5 four bytes. */
  wire: number;
  from: number;
  to: number;
}

/** Far more than a text or a list of whole numbers in a graph is long. */
const maxBytes = 2 ** 20;

const bad = (what: string): LikenessError =>
  new LikenessError('bad-file', `The Protocol Buffers data ${what}`);

/** The varint at `at` as int64, and where it ends. */
function varint(bytes: Uint8Array, at: number): [value: number, end: number] {
  let value = 0n;
  for (let i = 0; i < 10 && at + i < bytes.length; i++) {
    const byte = bytes[at + i]!;
    value |= BigInt(byte & 127) << BigInt(7 * i);
    if (byte < 128) return [Number(BigInt.asIntN(64, value)), at + i + 1];
  }
  throw bad('hold a number that does not end.');
}

/**
 * Walks over the fields of a message; what they contain is skipped, not read
 * (protobuf.dev/programming-guides/encoding).
 *
 * @throws LikenessError `bad-file` when the bytes are no message
 */
export async function* fieldsIn(file: RandomAccess, from: number, to: number): AsyncGenerator<Field> {
  const size = await file.size();
  let at = from;
  while (at < to) {
    const start = at;
    const head = await readBytes(file, at, Math.min(20, to - at));
    const [key, keyEnd] = varint(head, 0);
    const wire = key & 7;
    const number = Math.floor(key / 8);
    if (number < 1 || number >= 2 ** 29) throw bad(`have no field at byte ${start}.`);
    let first = at + keyEnd;
    if (wire === 0) at += varint(head, keyEnd)[1];
    else if (wire === 1) at = first + 8;
    else if (wire === 5) at = first + 4;
    else if (wire === 2) {
      const [length, end] = varint(head, keyEnd);
      if (length < 0) throw bad(`have a field of negative length at byte ${start}.`);
      first = at + end;
      at = first + length;
    } else throw bad(`have a field of unknown type ${wire} at byte ${start}.`);
    if (at > size) {
      throw new LikenessError(
        'bad-file',
        `The file has ${size} bytes of at least ${at}: it was not downloaded to its end, or is no Protocol Buffers data.`,
      );
    }
    if (at > to) throw bad(`end at byte ${to}; the field ${number} at ${start} would end at ${at}.`);
    yield { number, wire, from: first, to: at };
  }
}

async function content(file: RandomAccess, { number, from, to }: Field): Promise<Uint8Array> {
  if (to - from > maxBytes) throw bad(`have ${to - from} bytes in field ${number} at ${from}.`);
  return readBytes(file, from, to - from);
}

export const textOf = async (file: RandomAccess, field: Field): Promise<string> =>
  new TextDecoder().decode(await content(file, field));

/** The whole number of a field, or the numbers of a packed one. */
export async function intsOf(file: RandomAccess, field: Field): Promise<number[]> {
  const bytes = await content(file, field);
  const values: number[] = [];
  for (let at = 0; at < bytes.length; ) {
    const [value, end] = varint(bytes, at);
    values.push(value);
    at = end;
  }
  return values;
}

export async function floatOf(file: RandomAccess, field: Field): Promise<number> {
  if (field.to - field.from !== 4) throw bad(`have no float in field ${field.number} at ${field.from}.`);
  return viewOf(await content(file, field)).getFloat32(0, true);
}
