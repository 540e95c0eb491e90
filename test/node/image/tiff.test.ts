import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { ensurePython } from '../../../scripts/python.mjs';
import { decode } from '../../../src/image/decode.node.ts';
import { root } from '../../support/cli.ts';
import { seeded } from '../../support/random.ts';
import { faultsOf, type TiffCase, tryToDecode } from '../../support/tiff-cases.ts';

describe('TIFF files of all kinds, and what the system’s Pillow reads from them', () => {
  let folder = '';
  let cases: TiffCase[] = [];
  const read = (file: string) => new Uint8Array(readFileSync(join(folder, file)));

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'likeness-tiff-'));
    execFileSync(ensurePython(), [join(root, 'scripts/fixtures/tiff.py'), folder], { stdio: 'ignore' });
    cases = JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8')).cases;
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  test('each is equal to Pillow, or refused by name', async () => {
    assert.ok(cases.length > 2500, `only ${cases.length} files`);
    const faults: string[] = [];
    let equal = 0;
    for (const expected of cases) {
      const found = await faultsOf(decode, read(expected.file), expected);
      faults.push(...found);
      if (found.length === 0 && expected.want === 'read' && !expected.error) equal++;
    }
    assert.deepEqual(faults, []);
    assert.ok(equal > 1250, `only ${equal} files were read`);
  });

  test('a file that is cut is refused, or all of its pixels are there', async () => {
    const random = seeded(3);
    for (const { file } of cases.filter(({ want, error }, i) => want === 'read' && !error && i % 9 === 0)) {
      const bytes = read(file);
      const whole = await tryToDecode(decode, bytes);
      for (const part of [0.3, 0.6, 0.9, random()]) {
        const cut = await tryToDecode(decode, bytes.subarray(0, Math.floor(bytes.length * part)));
        if (typeof cut !== 'string') assert.deepEqual(cut, whole, `${file}, the first ${part} of it`);
      }
    }
  });

  test('a file with changed bytes is read or refused, and no more memory is taken than a picture needs', async () => {
    const random = seeded(4);
    for (const { file } of cases.filter((_, i) => i % 7 === 0)) {
      const bytes = read(file);
      for (let round = 0; round < 3; round++) {
        const changed = bytes.slice();
        for (let n = 0; n < 3; n++) {
          // The directory, which lies behind the pixels, as often as those.
          const from = n === 0 ? 0 : Math.max(0, bytes.length - 250);
          changed[from + Math.floor(random() * (bytes.length - from))] = random() * 256;
        }
        const pixels = await tryToDecode(decode, changed);
        if (typeof pixels !== 'string') assert.ok(pixels.rgba.length <= bytes.length * 4 * 8 * 2560);
      }
    }
  });
});
