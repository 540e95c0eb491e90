import type { Manifest, Shard } from './manifest.ts';

/** One file of a model, verified. Its bytes are asked for in pieces: a large one need not be in memory. */
export interface ModelFile {
  byteLength: number;
  /** Bytes `from` … `to` − 1. */
  read(from: number, to: number): Promise<Uint8Array>;
  /** The same bytes as a Blob, where they are one; on disk, as a rule. */
  blob?: Blob;
}

/** A model whose files are all there and right. */
export interface Model {
  manifest: Manifest;
  files: ReadonlyMap<string, ModelFile>;
}

export const manifestFile = 'manifest.json';

export function fileOfBytes(bytes: Uint8Array): ModelFile {
  return { byteLength: bytes.length, read: async (from, to) => bytes.subarray(from, to) };
}

export function fileOfBlob(blob: Blob): ModelFile {
  return {
    byteLength: blob.size,
    read: async (from, to) => new Uint8Array(await blob.slice(from, to).arrayBuffer()),
    blob,
  };
}

export const readWhole = (file: ModelFile): Promise<Uint8Array> => file.read(0, file.byteLength);

/** The shards that the graph refers to: all but those of the dense layer. */
export const graphShards = ({ shards, dense }: Manifest): Shard[] =>
  shards.filter(({ file }) => !dense?.files.includes(file));
