import { sha256 } from '../base/sha256.ts';
import type { Shard } from '../network/manifest.ts';
import type { ModelSink } from './write.ts';

/** Keeps a model's files in memory. */
export function memorySink(): ModelSink & { contents(): Map<string, Uint8Array> } {
  const pieces = new Map<string, Uint8Array[]>();
  const contents = (): Map<string, Uint8Array> =>
    new Map([...pieces].map(([file, list]) => [file, concatenate(list)]));
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

function concatenate(pieces: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    out.set(piece, at);
    at += piece.length;
  }
  return out;
}
