import { LikenessError } from '../base/errors.ts';
import type { RandomAccess } from '../base/random-access.ts';
import type { Manifest, Shard } from './manifest.ts';

/** One file of a model, verified. Its bytes are asked for in pieces: a large one need not be in memory. */
export type ModelFile = RandomAccess;

/** A model whose files are all there and right. */
export interface Model {
  manifest: Manifest;
  files: ReadonlyMap<string, ModelFile>;
}

export const manifestFile = 'manifest.json';

/**
 * Fills `into` from byte `at`.
 *
 * @throws LikenessError `bad-model` where the file has become shorter
 */
export async function fillFrom(file: ModelFile, at: number, into: Uint8Array): Promise<void> {
  if ((await file.read(at, into)) === into.length) return;
  throw new LikenessError('bad-model', 'A file of the model became shorter while it was read.');
}

/** Bytes `from` … `to` − 1; as {@link fillFrom}. */
export async function readBytes(file: ModelFile, from: number, to: number): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(to - from);
  await fillFrom(file, from, bytes);
  return bytes;
}

export const readWhole = async (file: ModelFile): Promise<Uint8Array<ArrayBuffer>> =>
  readBytes(file, 0, await file.size());

/** The shards that the graph refers to: all but those of the dense layer. */
export const graphShards = ({ shards, dense }: Manifest): Shard[] =>
  shards.filter(({ file }) => !dense?.files.includes(file));
