import { type RandomAccess, readBytes } from '../base/random-access.ts';
import type { Manifest, Shard } from './manifest.ts';

/** A model whose files are all there and right. Their bytes are asked for in pieces: a large one need not be in memory. */
export interface Model {
  manifest: Manifest;
  files: ReadonlyMap<string, RandomAccess>;
}

export const manifestFile = 'manifest.json';

export const readWhole = async (file: RandomAccess): Promise<Uint8Array<ArrayBuffer>> =>
  readBytes(file, 0, await file.size(), 'bad-model');

/** The shards that the graph refers to: all but those of the dense layer. */
export const graphShards = ({ shards, dense }: Manifest): Shard[] =>
  shards.filter(({ file }) => !dense?.files.includes(file));
