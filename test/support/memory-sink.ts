import { joined } from '../../src/base/bytes.ts';
import { sha256 } from '../../src/base/sha256.ts';
import type { ModelSink } from '../../src/convert/write.ts';
import type { Shard } from '../../src/network/manifest.ts';

/** Keeps a model's files in memory. */
export function memorySink(): ModelSink & { contents(): Map<string, Uint8Array> } {
  const pieces = new Map<string, Uint8Array[]>();
  const contents = (): Map<string, Uint8Array> =>
    new Map([...pieces].map(([file, list]) => [file, joined(list)]));
  return {
    contents,
    write(file, bytes) {
      pieces.set(file, [...(pieces.get(file) ?? []), bytes]);
    },
    files: () =>
      Promise.all(
        [...contents()].map(
          async ([file, bytes]): Promise<Shard> => ({
            file,
            byteLength: bytes.length,
            sha256: await sha256(bytes),
          }),
        ),
      ),
  };
}
