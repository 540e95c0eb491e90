import { LikenessError } from '../base/errors.ts';
import { blobFile, type RandomAccess, readExactly } from '../base/random-access.ts';
import type { Manifest, Shard } from './manifest.ts';

/** One file of a model, verified. Its bytes are asked for in pieces: a large one need not be in memory. */
export interface ModelFile extends RandomAccess {
  /** The same bytes as a Blob, where they are one; on disk, as a rule. */
  readonly blob?: Blob;
}

/** A model whose files are all there and right. */
export interface Model {
  manifest: Manifest;
  files: ReadonlyMap<string, ModelFile>;
}

export const manifestFile = 'manifest.json';

export const fileOfBlob = (blob: Blob): ModelFile => ({ ...blobFile(blob), blob });

/**
 * Bytes `from` … `to` − 1.
 *
 * @throws LikenessError `bad-model` where the file has become shorter
 */
export async function readBytes(file: ModelFile, from: number, to: number): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = await readExactly(file, from, to - from);
  if (bytes) return bytes;
  throw new LikenessError('bad-model', 'A file of the model became shorter while it was read.');
}

export const readWhole = async (file: ModelFile): Promise<Uint8Array<ArrayBuffer>> =>
  readBytes(file, 0, await file.size());

/** The shards that the graph refers to: all but those of the dense layer. */
export const graphShards = ({ shards, dense }: Manifest): Shard[] =>
  shards.filter(({ file }) => !dense?.files.includes(file));
