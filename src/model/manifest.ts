import type { Preprocessing } from '../image/preprocessing.ts';

/** One file of weights. */
export interface Shard {
  /** File name beside the manifest. */
  file: string;
  byteLength: number;
  /** Lower-case hexadecimal. */
  sha256: string;
}

/** What `manifest.json` of a model folder says. */
export interface Manifest {
  format: 'likeness-model';
  formatVersion: 1;
  name: string;
  version: string;
  /** e.g. `vgg16` */
  architecture: string;
  /** The ONNX graph beside the manifest; its weights are external data in the shards. */
  graph: Shard;
  shards: Shard[];
  preprocessing: Preprocessing;
  input: { name: string; layout: 'NCHW' };
  output: { name: string; dimension: number };
  licence: string;
  /** Where the weights come from. */
  origin: string;
  /**
   * Identifies the numbers a model produces: `<name>@<version>:<16 hex digits>`, the digits from the sha256 of graph,
   * shards and preprocessing. Features are comparable only under equal fingerprints.
   */
  fingerprint: string;
}
