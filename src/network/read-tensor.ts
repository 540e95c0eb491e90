import { fromFloat16s } from '../base/float16.ts';
import { readBytes } from '../base/random-access.ts';
import type { Model } from './load.ts';
import type { StoredTensor } from './manifest.ts';

/** Reads as many values as `out` has. */
export async function readTensor(
  { file, offset, dataType }: StoredTensor,
  files: Model['files'],
  out: Float32Array,
): Promise<void> {
  const byteLength = out.length * (dataType === 'float16' ? 2 : 4);
  const bytes = await readBytes(files.get(file)!, offset, byteLength, 'bad-model');
  if (dataType === 'float16') fromFloat16s(new Uint16Array(bytes.buffer), out);
  else new Uint8Array(out.buffer, out.byteOffset, out.byteLength).set(bytes);
}
