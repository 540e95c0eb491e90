import { viewOf } from '../../base/bytes.ts';
import { LikenessError } from '../../base/errors.ts';
import { type RandomAccess, readBytes } from '../../base/random-access.ts';
import type { DataType } from '../../network/manifest.ts';
import type { Weight } from '../vgg16-weights.ts';

const dataTypes: Record<string, { dataType: DataType; bytes: number }> = {
  F16: { dataType: 'float16', bytes: 2 },
  F32: { dataType: 'float32', bytes: 4 },
};

/** The limit of the format's own reader. */
const maxHeaderBytes = 100_000_000;

/**
 * Reads a safetensors file (github.com/huggingface/safetensors): an 8-byte little-endian length, a JSON header of that
 * length, then the tensors' bytes.
 *
 * @param checkNames sees all names before a tensor is looked at: of another network no tensor need be readable
 * @returns the tensors by name; their data are read from `file` when they are asked for
 * @throws LikenessError `bad-file` that names the problem
 */
export async function parseSafetensors(
  file: RandomAccess,
  checkNames: (names: readonly string[]) => void = () => {},
): Promise<Map<string, Weight>> {
  const bad = (what: string): LikenessError => new LikenessError('bad-file', `This safetensors file ${what}`);
  const size = await file.size();
  if (size < 8) throw bad('is too short to hold a header.');
  const headerLength = Number(viewOf(await readBytes(file, 0, 8)).getBigUint64(0, true));
  const start = 8 + headerLength;
  if (start > size) throw bad(`says its header has ${headerLength} bytes; the whole file has ${size}.`);
  if (headerLength > maxHeaderBytes)
    throw bad(`says its header has ${headerLength} bytes; at most ${maxHeaderBytes} are read.`);
  const text = new TextDecoder().decode(await readBytes(file, 8, headerLength));
  let header: Record<string, { dtype?: unknown; shape?: unknown; data_offsets?: unknown } | null> | null;
  try {
    header = JSON.parse(text);
  } catch {
    throw bad('has a header that is not JSON.');
  }
  if (typeof header !== 'object' || !header) throw bad('has a header that is not a JSON object.');
  const entries = Object.entries(header).filter(([name]) => name !== '__metadata__');
  checkNames(entries.map(([name]) => name));
  const tensors = new Map<string, Weight>();
  for (const [name, entry] of entries) {
    const { dtype, shape, data_offsets: offsets } = entry ?? {};
    const type = dataTypes[String(dtype)];
    if (!type) throw bad(`holds "${name}" as ${dtype}; F16 and F32 are read.`);
    if (!isSizes(shape) || !isSizes(offsets) || offsets.length !== 2)
      throw bad(`describes "${name}" wrongly.`);
    const [from, to] = offsets as [number, number];
    const wanted = shape.reduce((a, b) => a * b, type.bytes);
    if (to - from !== wanted) {
      throw bad(`gives "${name}" ${to - from} bytes; its shape ${shape.join('×')} needs ${wanted}.`);
    }
    const end = start + to;
    if (end > size)
      throw bad(
        `has ${size} bytes of at least ${end} ("${name}" ends there): it was not downloaded to its end.`,
      );
    const rowBytes = wanted / (shape[0] ?? 1);
    const data = (first: number, end: number): Promise<Uint8Array> =>
      readBytes(file, start + from + first * rowBytes, (end - first) * rowBytes);
    tensors.set(name, { name, dataType: type.dataType, shape, data });
  }
  return tensors;
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((side) => Number.isSafeInteger(side) && side >= 0);
}
