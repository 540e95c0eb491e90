import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { language } from '../../../page/texts/language.ts';
import { reasonText } from '../../../page/texts/reasons.ts';

const reasons = [
  'wasm was asked for',
  'WebGPU was asked for (nvidia hopper)',
  'the only WebGPU adapter is software (google swiftshader)',
  'There is no WebGPU here (navigator.gpu is missing).; one thread, as memory cannot be shared here: this browser has no SharedArrayBuffer',
  'WebGPU has no adapter here.; one thread, as memory cannot be shared here: the page is not cross-origin isolated',
  'a picture took 4.2 ms on WebGPU (nvidia hopper), 31.0 ms on wasm',
  'a known question took 0.4 ms on WebGPU, 1.2 ms on wasm-relaxed',
  'WebAssembly SIMD; relaxed SIMD is not here',
  'WebAssembly relaxed SIMD passed its test; the WebGPU device is software',
  'WebAssembly SIMD over quantised rows; the full rows are outside memory',
  'plain JavaScript was asked for',
  'shares the device that was given',
];

const before = language.value;
after(() => {
  language.value = before;
});

test('why something runs where it does is said in Chinese, with its numbers and names', () => {
  language.value = 'en';
  for (const reason of reasons) assert.equal(reasonText(reason), reason);
  language.value = 'zh';
  for (const reason of reasons) {
    const said = reasonText(reason);
    const words = said.replace(
      /WebGPU|WebAssembly|JavaScript|relaxed|SIMD|wasm|nvidia hopper|google swiftshader/g,
      '',
    );
    assert.ok(!/[a-z]/i.test(words), said);
    for (const number of reason.match(/\d+\.\d/g) ?? []) assert.ok(said.includes(number), said);
  }
  assert.equal(reasonText('plain JavaScript: some error; too'), '使用 JavaScript：some error；too');
});
