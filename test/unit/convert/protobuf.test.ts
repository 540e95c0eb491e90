import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeGraph } from '../../../src/convert/onnx/graph.ts';
import { ProtobufWriter } from '../../../src/convert/onnx/protobuf.ts';
import { fields, text } from '../../support/protobuf.ts';

test('varints are those of the Protocol Buffers specification', () => {
  const encoded = (value: number): number[] => Array.from(new ProtobufWriter().int(1, value).finish());
  assert.deepEqual(encoded(0), [8, 0]);
  assert.deepEqual(encoded(127), [8, 127]);
  assert.deepEqual(encoded(128), [8, 128, 1]);
  assert.deepEqual(encoded(150), [8, 150, 1]); // the specification's example
  assert.deepEqual(encoded(2 ** 32), [8, 128, 128, 128, 128, 16]);
  assert.deepEqual(encoded(2 ** 40 + 1), [8, 129, 128, 128, 128, 128, 32]);
  assert.deepEqual(Array.from(new ProtobufWriter().int(16, 1).finish()), [128, 1, 1]);
  assert.deepEqual(Array.from(new ProtobufWriter().string(2, 'testing').finish()), [
    18,
    7,
    ...new TextEncoder().encode('testing'),
  ]);
  assert.deepEqual(
    Array.from(new ProtobufWriter().ints(4, [3, 270, 86942]).finish()),
    [34, 6, 3, 142, 2, 158, 167, 5],
  );
});

test('a graph has the fields of onnx.proto in the right places', () => {
  const bytes = encodeGraph({
    name: 'g',
    nodes: [
      { op: 'Conv', inputs: ['x', 'w'], output: 'c', attributes: { pads: [1, 1, 1, 1], group: 1 } },
      { op: 'Relu', inputs: ['c'], output: 'y' },
    ],
    weights: [
      { name: 'w', dataType: 'float16', shape: [2, 3, 3, 3], file: 'f.bin', offset: 64, byteLength: 108 },
    ],
    input: { name: 'x', shape: ['N', 3, 8, 8] },
    output: { name: 'y', shape: ['N', 2, 8, 8] },
  });
  const model = fields(bytes);
  assert.deepEqual(
    model.map(({ field }) => field),
    [1, 2, 7, 8],
  );
  assert.equal(model[0]!.value, 10);
  const graph = fields(model[2]!.value as Uint8Array);
  assert.deepEqual(
    graph.map(({ field }) => field),
    [1, 1, 2, 5, 11, 12],
  );
  const conv = fields(graph[0]!.value as Uint8Array);
  assert.deepEqual(
    conv.slice(0, 5).map(({ field, value }) => [field, text(value)]),
    [
      [1, 'x'],
      [1, 'w'],
      [2, 'c'],
      [3, 'c'],
      [4, 'Conv'],
    ],
  );
  const pads = fields(conv[5]!.value as Uint8Array);
  assert.deepEqual(
    pads.map(({ field }) => field),
    [1, 8, 20],
  );
  assert.deepEqual(Array.from(pads[1]!.value as Uint8Array), [1, 1, 1, 1]);
  assert.equal(pads[2]!.value, 7);
  const group = fields(conv[6]!.value as Uint8Array);
  assert.deepEqual(group.slice(1), [
    { field: 3, value: 1 },
    { field: 20, value: 2 },
  ]);
  const weight = fields(graph[3]!.value as Uint8Array);
  assert.deepEqual(
    weight.map(({ field }) => field),
    [1, 2, 8, 13, 13, 13, 14],
  );
  assert.deepEqual([weight[1]!.value, weight[6]!.value], [10, 1]);
  const entries = weight
    .filter(({ field }) => field === 13)
    .map(({ value }) => fields(value as Uint8Array).map((pair) => text(pair.value)));
  assert.deepEqual(entries, [
    ['location', 'f.bin'],
    ['offset', '64'],
    ['length', '108'],
  ]);
});
