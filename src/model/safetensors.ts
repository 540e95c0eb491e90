import { LikenessError } from '../errors.ts';
import type { DataType } from './onnx/graph.ts';
import type { Weight } from './vgg16-weights.ts';

const dataTypes: Record<string, { dataType: DataType; bytes: number }> = {
  F16: { dataType: 'float16', bytes: 2 },
  F32: { dataType: 'float32', bytes: 4 },
};

/**
 * Reads a safetensors file: an 8-byte little-endian length, a JSON header of that length, then the tensors' bytes.
 *
 * @returns the tensors by name; their data are views of `bytes`
 * @throws LikenessError `bad-file` that names the problem
 */
export function parseSafetensors(bytes: Uint8Array): Map<string, Weight> {
  const bad = (what: string): LikenessError => new LikenessError('bad-file', `This safetensors file ${what}`);
  if (bytes.length < 8) throw bad('is too short to hold a header.');
  const headerLength = Number(new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true));
  const start = 8 + headerLength;
  if (start > bytes.length)
    throw bad(`says its header has ${headerLength} bytes; the whole file has ${bytes.length}.`);
  let header: Record<string, { dtype?: unknown; shape?: unknown; data_offsets?: unknown }>;
  try {
    header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, start)));
  } catch {
    throw bad('has a header that is not JSON.');
  }
  const tensors = new Map<string, Weight>();
  for (const [name, { dtype, shape, data_offsets: offsets }] of Object.entries(header)) {
    if (name === '__metadata__') continue;
    const type = dataTypes[String(dtype)];
    if (!type) throw bad(`holds "${name}" as ${dtype}; F16 and F32 are read.`);
    if (!isSizes(shape) || !isSizes(offsets) || offsets.length !== 2)
      throw bad(`describes "${name}" wrongly.`);
    const [from, to] = offsets as [number, number];
    const wanted = shape.reduce((a, b) => a * b, type.bytes);
    if (to - from !== wanted || start + to > bytes.length) {
      throw bad(
        `gives "${name}" ${to - from} bytes at ${from}; its shape ${shape.join('×')} needs ${wanted} within ${bytes.length - start}.`,
      );
    }
    const rowBytes = wanted / (shape[0] ?? 1);
    const data = (first: number, end: number): Uint8Array =>
      bytes.subarray(start + from + first * rowBytes, start + from + end * rowBytes);
    tensors.set(name, { name, dataType: type.dataType, shape, data });
  }
  return tensors;
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((side) => Number.isSafeInteger(side) && side >= 0);
}
