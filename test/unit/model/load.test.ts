import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LikenessError } from '../../../src/errors.ts';
import { createWasmExtractor } from '../../../src/model/extractor.wasm.ts';
import { loadModel, type ReadModelFile } from '../../../src/model/load.ts';
import { type Manifest, parseManifest, probeInput } from '../../../src/model/manifest.ts';
import { probe } from '../../../src/model/probe.ts';
import { bytesAsFile } from '../../../src/model/sources/random-access.ts';
import { parseSafetensors } from '../../../src/model/sources/safetensors.ts';
import type { Weight } from '../../../src/model/vgg16-weights.ts';
import { writeVgg16 } from '../../../src/model/write.ts';
import { readRepositoryFile } from '../../support/fixture.ts';
import { fields, text } from '../../support/protobuf.ts';
import { cpuRuntime } from '../../support/runtime.ts';
import { seededWeights } from '../../support/seeded-vgg16.ts';

const description = {
  name: 'tiny',
  version: '2',
  licence: 'MIT',
  origin: 'seeded',
  preprocessing: { channels: 'BGR', mean: [103.939, 116.779, 123.68] },
} as const;
const files = await writeVgg16(
  seededWeights({ widths: [4, 4, 4, 4, 4], inputSize: 32, fc1: 8 }, 1),
  description,
);

/** Reads from memory; `changed` replaces files, or takes them away. */
function reader(changed: Record<string, Uint8Array | undefined> = {}): ReadModelFile {
  return async (file, { signal, onBytes }) => {
    signal?.throwIfAborted();
    const bytes = file in changed ? changed[file] : files.get(file);
    if (!bytes) throw new LikenessError('not-found', `no ${file}`);
    onBytes(bytes.length);
    return bytes;
  };
}

const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const manifest: Manifest = JSON.parse(textOf(files.get('manifest.json')!));

test('a model is loaded, verified, and its bytes are counted', async () => {
  const seen: [number, number][] = [];
  const model = await loadModel('memory', reader(), {
    onProgress: (done, total) => seen.push([done, total]),
  });
  const total =
    manifest.graph.byteLength + manifest.shards.reduce((sum, { byteLength }) => sum + byteLength, 0);
  assert.deepEqual(seen.at(-1), [total, total]);
  assert.equal(model.manifest.fingerprint, manifest.fingerprint);
  assert.match(manifest.fingerprint, /^tiny@2:[0-9a-f]{16}$/);
  assert.deepEqual([...model.shards.keys()], ['weights-1.bin']);
});

test('a damaged, short or missing file is named, with what came and what was wanted', async () => {
  for (const file of ['model.onnx', 'weights-1.bin']) {
    const bytes = files.get(file)!;
    const flipped = bytes.slice();
    flipped[bytes.length >> 1]! ^= 1;
    await assert.rejects(loadModel('here', reader({ [file]: flipped })), {
      code: 'bad-model',
      message: new RegExp(`${file.replace('.', '\\.')} of the model here is damaged`),
    });
    await assert.rejects(loadModel('here', reader({ [file]: bytes.subarray(1) })), {
      code: 'bad-model',
      message: new RegExp(`has ${bytes.length - 1} bytes, its manifest says ${bytes.length}`),
    });
    await assert.rejects(loadModel('here', reader({ [file]: undefined })), { code: 'not-found' });
  }
  await assert.rejects(loadModel('here', reader(), { signal: AbortSignal.abort() }), { name: 'AbortError' });
});

test('a manifest that lacks or falsifies something is refused', async () => {
  const refused = async (change: (draft: Record<string, object>) => void, message: RegExp): Promise<void> => {
    const draft = structuredClone(manifest) as unknown as Record<string, object>;
    change(draft);
    await assert.rejects(parseManifest(JSON.stringify(draft), 'm.json'), { code: 'bad-model', message });
  };
  await assert.rejects(parseManifest('{', 'm.json'), { code: 'bad-model', message: /m\.json is not JSON/ });
  await assert.rejects(parseManifest('null', 'm.json'), { code: 'bad-model' });
  await refused((draft) => Object.assign(draft, { format: 'other' }), /not the manifest/);
  await refused((draft) => Object.assign(draft, { formatVersion: 2 }), /version 2.*version 1/);
  for (const part of ['graph', 'shards', 'preprocessing', 'input', 'output', 'name'] as const) {
    await refused((draft) => delete draft[part], new RegExp(part));
  }
  await refused((draft) => Object.assign(draft.graph!, { file: '../../secret' }), /graph/);
  await refused((draft) => Object.assign(draft.preprocessing!, { mean: [1, 2, 3] }), /fingerprint/);
  await refused((draft) => Object.assign(draft, { version: '3' }), /fingerprint/);
});

test('an extractor with a wrong known answer is not used', async () => {
  const model = await loadModel('memory', reader());
  const extractor = await createWasmExtractor(model, await cpuRuntime());
  assert.ok((await probe(extractor)) >= 0);
  const wrong = {
    ...extractor,
    manifest: { ...model.manifest, probe: manifest.probe!.map((value) => value + 0.01) },
  };
  await assert.rejects(probe(wrong), { code: 'no-backend', message: /wrong features on wasm/ });
  await extractor.close();
});

test('the compact model in the repository is what its weights build', async () => {
  const read = (file: string): Promise<Uint8Array> => readRepositoryFile(`models/vgg16-compact/${file}`);
  const stored = await parseManifest(textOf(await read('manifest.json')), 'manifest.json');
  const shard = await read('weights-1.bin');
  // The graph says where each weight lies: its external data, found again without the writer.
  const graph = await read('model.onnx');
  const places = new Map<string, [number, number]>();
  const body = fields(graph).find(({ field }) => field === 7)!.value as Uint8Array;
  for (const { field, value } of fields(body)) {
    if (field !== 5) continue; // an initializer
    const tensor = fields(value as Uint8Array);
    const place = new Map(
      tensor
        .filter((part) => part.field === 13)
        .map((part) => fields(part.value as Uint8Array).map((pair) => text(pair.value)) as [string, string]),
    );
    assert.equal(place.get('location'), 'weights-1.bin');
    const name = text(tensor.find((part) => part.field === 8)!.value);
    places.set(name, [Number(place.get('offset')), Number(place.get('length'))]);
  }
  assert.equal(places.size, 28);
  // As a safetensors file, read by the reader and built anew.
  const header: Record<string, unknown> = {};
  const widths = [24, 48, 96, 192, 256];
  let inputs = 3;
  for (const [block, count] of [2, 2, 3, 3, 3].entries()) {
    for (let i = 1; i <= count; i++) {
      header[`block${block + 1}_conv${i}.weight`] = { dtype: 'F16', shape: [widths[block], inputs, 3, 3] };
      header[`block${block + 1}_conv${i}.bias`] = { dtype: 'F32', shape: [widths[block]] };
      inputs = widths[block]!;
    }
  }
  header['fc1.weight'] = { dtype: 'F16', shape: [512, 1024] };
  header['fc1.bias'] = { dtype: 'F32', shape: [512] };
  for (const [name, entry] of Object.entries(header)) {
    const [offset, length] = places.get(name)!;
    Object.assign(entry as object, { data_offsets: [offset, offset + length] });
  }
  const head = new TextEncoder().encode(JSON.stringify(header));
  const bytes = new Uint8Array(8 + head.length + shard.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(head.length), true);
  bytes.set(head, 8);
  bytes.set(shard, 8 + head.length);
  const weights: Map<string, Weight> = parseSafetensors(bytesAsFile(bytes));
  const { name, version, licence, origin, preprocessing } = stored;
  const rebuilt = await writeVgg16(weights, { name, version, licence, origin, preprocessing });
  assert.deepEqual(Array.from(rebuilt.get('model.onnx')!), Array.from(graph));
  assert.deepEqual(JSON.parse(textOf(rebuilt.get('manifest.json')!)), stored);
  assert.equal(probeInput(preprocessing).length, 3 * 64 * 64);
});
