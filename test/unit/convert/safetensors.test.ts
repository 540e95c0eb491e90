import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytesFile } from '../../../src/base/random-access.ts';
import { parseSafetensors } from '../../../src/convert/sources/safetensors.ts';

/** A file of a header and 16 bytes of data, put together as the format's description says. */
function file(header: unknown, data = 16): Uint8Array {
  const text = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + text.length + data);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  for (let i = 0; i < data; i++) bytes[8 + text.length + i] = i;
  return bytes;
}

const good = {
  __metadata__: { made: 'by hand' },
  a: { dtype: 'F16', shape: [2, 3], data_offsets: [0, 12] },
  b: { dtype: 'F32', shape: [1], data_offsets: [12, 16] },
};

test('tensors are read by name, whole or by rows', async () => {
  const tensors = await parseSafetensors(bytesFile(file(good)));
  assert.deepEqual([...tensors.keys()], ['a', 'b']);
  const a = tensors.get('a')!;
  assert.equal(a.dataType, 'float16');
  assert.deepEqual(a.shape, [2, 3]);
  assert.deepEqual(Array.from(await a.data(0, 2)), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  assert.deepEqual(Array.from(await a.data(1, 2)), [6, 7, 8, 9, 10, 11]);
  assert.deepEqual(Array.from(await tensors.get('b')!.data(0, 1)), [12, 13, 14, 15]);
});

test('a file cut anywhere is an error, never a crash', async () => {
  const whole = file(good);
  for (let length = 0; length < whole.length; length++) {
    await assert.rejects(
      parseSafetensors(bytesFile(whole.slice(0, length))),
      { code: 'bad-file' },
      `${length} bytes`,
    );
  }
});

test('a wrong header is an error that names the tensor', async () => {
  const wrong: [unknown, RegExp][] = [
    ['{', /not JSON/],
    ['null', /not a JSON object/],
    [{ a: null }, /"a" as undefined/],
    [{ a: { dtype: 'BF16', shape: [1], data_offsets: [0, 2] } }, /"a" as BF16/],
    [{ a: { dtype: 'F32', shape: [5], data_offsets: [0, 16] } }, /"a" 16 bytes.*needs 20/],
    [{ a: { dtype: 'F32', shape: [-1], data_offsets: [0, 4] } }, /"a" wrongly/],
    [{ a: { dtype: 'F32', shape: [1], data_offsets: [0] } }, /"a" wrongly/],
    [
      { a: { dtype: 'F32', shape: [4], data_offsets: [8, 24] } },
      /79 bytes of at least 87 \("a" ends there\)/,
    ],
    [{ a: { dtype: 'F32', shape: [1.5], data_offsets: [0, 6] } }, /"a" wrongly/],
  ];
  for (const [header, message] of wrong) {
    await assert.rejects(parseSafetensors(bytesFile(file(header))), { code: 'bad-file', message });
  }
});
