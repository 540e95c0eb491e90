import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytesFile } from '../../../src/base/random-access.ts';
import { parseSafetensors } from '../../../src/convert/sources/safetensors.ts';
import type { Weight } from '../../../src/convert/vgg16-weights.ts';
import { writeVgg16 } from '../../../src/convert/write.ts';
import { pieceLayout } from '../../../src/network/dense/encoding.ts';
import { createCpuExtractor } from '../../../src/network/extractor.cpu.ts';
import { fingerprintOf, type Manifest, parseManifest, probeInput } from '../../../src/network/manifest.ts';
import { probe } from '../../../src/network/probe.ts';
import { readRepositoryFile } from '../../support/fixture.ts';
import { createWasmGraph } from '../../support/graph.wasm.ts';
import { memorySink } from '../../support/memory-sink.ts';
import { fields, text } from '../../support/protobuf.ts';
import { cpuRuntime } from '../../support/runtime.ts';
import { modelInMemory, seededWeights } from '../../support/seeded-vgg16.ts';

const model = await modelInMemory(seededWeights({ widths: [4, 4, 4, 4, 4], inputSize: 32, fc1: 8 }, 1));
const { manifest } = model;

const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

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
  assert.match(manifest.fingerprint, /^seeded@1:[0-9a-f]{16}$/);
  for (const part of ['graph', 'shards', 'preprocessing', 'input', 'output', 'name'] as const) {
    await refused((draft) => delete draft[part], new RegExp(part));
  }
  await refused((draft) => Object.assign(draft.graph!, { file: '../../secret' }), /graph/);
  await refused((draft) => Object.assign(draft.preprocessing!, { mean: [1, 2, 3] }), /fingerprint/);
  await refused((draft) => Object.assign(draft, { version: '3' }), /fingerprint/);
  await refused((draft) => Object.assign(draft.dense!, { encoding: 'f16' }), /fingerprint/);
  await refused((draft) => Object.assign(draft.dense!, { encoding: 'q2' }), /dense/);
  await refused((draft) => Object.assign(draft.dense!, { files: ['other.bin'] }), /dense/);
  await refused((draft) => delete draft.dense, /fingerprint/);
  await refused((draft) => delete draft.convolutions, /older version of Likeness.*build vgg16/);
  await refused((draft) => Object.assign(draft, { convolutions: [] }), /convolutions/);
});

test('torchvision’s preprocessing is read, checked and part of the fingerprint', async () => {
  const drafted = (part: object): Manifest => ({
    ...manifest,
    preprocessing: { ...manifest.preprocessing, ...part },
  });
  const said = async (part: object): Promise<string> => {
    const draft = drafted(part);
    draft.fingerprint = await fingerprintOf(draft);
    await parseManifest(JSON.stringify(draft), 'm.json');
    return draft.fingerprint;
  };
  const parts: object[] = [
    {},
    { resample: 'bilinear' },
    { shorterSide: 32 },
    { shorterSide: 36 },
    { divisor: 36 },
    { divisor: 255 },
    { rgbFirst: true },
    { std: [1, 2, 3] },
    { shorterSide: 36, divisor: 255, std: [1, 2, 3] },
  ];
  const seen = await Promise.all(parts.map(said));
  assert.equal(seen[0], manifest.fingerprint);
  assert.equal(new Set(seen).size, parts.length);
  for (const part of [
    { resample: 'lanczos' },
    ...[31, 32.5, '36', null].map((shorterSide) => ({ shorterSide })),
    ...[0, -1, '255', null, 1e-60, 1e60].map((divisor) => ({ divisor })),
    ...[[1, 2], [1, 2, 3, 4], [1, 0, 3], [1, '2', 3], 1, 'abc', null].map((std) => ({ std })),
  ]) {
    const text = JSON.stringify(drafted(part));
    await assert.rejects(
      parseManifest(text, 'm.json'),
      { code: 'bad-model', message: /preprocessing/ },
      text,
    );
  }
});

test('an extractor with a wrong known answer is not used', async () => {
  const extractor = await createCpuExtractor(model, await createWasmGraph(model, await cpuRuntime()));
  await probe(extractor);
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
  const shards = [await read('graph-1.bin'), await read('dense-1.bin')] as const;
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
    assert.equal(place.get('location'), 'graph-1.bin');
    const name = text(tensor.find((part) => part.field === 8)!.value);
    places.set(name, [Number(place.get('offset')), Number(place.get('length'))]);
  }
  assert.equal(places.size, 26);
  // The dense layer's file: weights, then bias.
  const { bias, byteLength } = pieceLayout('f16', 512, 1024);
  assert.equal(shards[1].length, byteLength);
  places.set('fc1.weight', [shards[0].length, 512 * 1024 * 2]);
  places.set('fc1.bias', [shards[0].length + bias, 512 * 4]);
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
  const size = new Uint8Array(8);
  new DataView(size.buffer).setBigUint64(0, BigInt(head.length), true);
  const bytes = new Uint8Array(await new Blob([size, head, ...shards] as BlobPart[]).arrayBuffer());
  const weights: Map<string, Weight> = await parseSafetensors(bytesFile(bytes));
  const { name, version, licence, origin, preprocessing } = stored;
  const sink = memorySink();
  await writeVgg16(weights, { name, version, licence, origin, preprocessing }, 'f16', sink);
  const rebuilt = sink.contents();
  assert.deepEqual(Array.from(rebuilt.get('model.onnx')!), Array.from(graph));
  assert.deepEqual(JSON.parse(textOf(rebuilt.get('manifest.json')!)), stored);
  assert.equal(probeInput(preprocessing).length, 3 * 64 * 64);
});
