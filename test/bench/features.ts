import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fromFloat16 } from '../../src/base/float16.ts';
import { bytesFile } from '../../src/base/random-access.ts';
import { parseSafetensors } from '../../src/convert/sources/safetensors.ts';
import { createWasmDense } from '../../src/network/dense/dense.wasm.ts';
import { pieceLayout } from '../../src/network/dense/encoding.ts';
import { parseNpy } from '../../src/python/npy.ts';
import { encodePiece } from '../support/dense-piece.ts';

/**
 * Makes rows of real features from a folder that holds `pool5.u8.npy` (n × inputs, uint8), `pool5.scale.npy` (n,
 * float32) and layers as safetensors (also of the folder `models` beside it): normalise(relu(W·pool5·scale + b)), with
 * the layer whose weight is d × inputs.
 *
 * @param out file that gets n × d float32; one that is there already is taken as it is
 * @param file of the layer, as safetensors; default: what the folder has
 * @returns whether there is a layer of d outputs
 */
export async function writeFeatures(folder: string, d: number, out: string, file?: string): Promise<boolean> {
  if (existsSync(out)) return true;
  const codes = parseBytes(readFileSync(join(folder, 'pool5.u8.npy')));
  const scales = parseNpy(readFileSync(join(folder, 'pool5.scale.npy'))).data;
  const [n, inputs] = codes.shape;
  const layer = file === undefined ? await findLayer(folder, d, inputs) : await layerIn(file, d, inputs);
  if (!layer) return false;
  const encoding = 'f32';
  const dense = await createWasmDense({
    encoding,
    inputs,
    outputs: d,
    rows: d,
    layout: pieceLayout(encoding, d, inputs),
    pieces: [bytesFile(encodePiece(encoding, layer.weight, layer.bias))],
  });
  mkdirSync(dirname(out), { recursive: true });
  const written = openSync(`${out}.part`, 'w');
  const batch = 512;
  for (let first = 0; first < n; first += batch) {
    const count = Math.min(batch, n - first);
    const x = new Float32Array(count * inputs);
    for (let i = 0; i < x.length; i++) {
      x[i] = codes.data[first * inputs + i]! * scales[first + Math.floor(i / inputs)]!;
    }
    const y = dense.run(x, count);
    for (let i = 0; i < count; i++) normalise(y.subarray(i * d, (i + 1) * d));
    writeSync(written, new Uint8Array(y.buffer, y.byteOffset, y.byteLength));
  }
  closeSync(written);
  renameSync(`${out}.part`, out);
  return true;
}

/** A matrix of uint8 as NumPy saves it; the library's reader takes floats alone. */
function parseBytes(npy: Buffer): { shape: [number, number]; data: Uint8Array } {
  const start = 10 + npy.readUInt16LE(8);
  const header = npy.toString('latin1', 10, start);
  const [, n, inputs] = /'descr': '\|u1'.*'fortran_order': False.*\((\d+), (\d+)\)/.exec(header) ?? [];
  if (!n || !inputs)
    throw new Error(`pool5.u8.npy is ${header.trim()}; wanted a matrix of uint8 in C order.`);
  return { shape: [Number(n), Number(inputs)], data: npy.subarray(start) };
}

interface Layer {
  weight: Float32Array;
  bias: Float32Array;
}

async function findLayer(folder: string, d: number, inputs: number): Promise<Layer | undefined> {
  for (const place of [folder, join(folder, '../models')]) {
    if (!existsSync(place)) continue;
    for (const name of readdirSync(place).filter((file) => file.endsWith('.safetensors'))) {
      const layer = await layerIn(join(place, name), d, inputs);
      if (layer) return layer;
    }
  }
  return undefined;
}

async function layerIn(file: string, d: number, inputs: number): Promise<Layer | undefined> {
  const tensors = await parseSafetensors(bytesFile(readFileSync(file)));
  for (const [key, { shape }] of tensors) {
    const bias = tensors.get(key.replace(/weight$/, 'bias'));
    if (!key.endsWith('.weight') || !bias || shape.length !== 2) continue;
    if (shape[0] === d && shape[1] === inputs)
      return { weight: await floats(tensors.get(key)!), bias: await floats(bias) };
  }
  return undefined;
}

async function floats({
  dataType,
  shape,
  data,
}: {
  dataType: string;
  shape: number[];
  data(from: number, to: number): Uint8Array | Promise<Uint8Array>;
}): Promise<Float32Array> {
  // A copy of its own: a Buffer's slice() would be a view of the whole file.
  const { buffer } = Uint8Array.from(await data(0, shape[0]!));
  if (dataType === 'float32') return new Float32Array(buffer);
  return Float32Array.from(new Uint16Array(buffer), fromFloat16);
}

function normalise(row: Float32Array): void {
  let squares = 0;
  for (const value of row) squares += value * value;
  const norm = Math.sqrt(squares) || 1;
  for (let j = 0; j < row.length; j++) row[j] = row[j]! / norm;
}
