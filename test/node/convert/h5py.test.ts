import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { ensurePython } from '../../../scripts/python.mjs';
import type { Manifest } from '../../../src/network/manifest.ts';
import { likeness, root } from '../../support/cli.ts';
import { writeKeras } from '../../support/weight-files.ts';

// The files of the other tests are written by the library that reads them. Keras writes with h5py.

let folder: string;
const at = (name: string): string => join(folder, name);

const build = (name: string): ReturnType<typeof likeness> =>
  likeness('model', 'build', 'vgg16', '--from', at(`${name}.h5`), '--variant', 'f32', '-o', at(name));

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'likeness-'));
  const shape = { widths: [4, 4, 8, 8, 32], inputSize: 32, fc1: 32 };
  await writeKeras(at('original.h5'), { shape, seed: 3 });
  const script = join(root, 'scripts/fixtures/h5py_weights.py');
  execFileSync(ensurePython(), [script, at('original.h5'), folder], { stdio: 'inherit' });
});
after(() => rmSync(folder, { recursive: true, force: true }));

test('weights that h5py wrote, in every form, make the same model', async () => {
  const shards = (name: string): Manifest['shards'] =>
    (JSON.parse(readFileSync(join(folder, name, 'manifest.json'), 'utf8')) as Manifest).shards;
  assert.equal((await build('original')).code, 0);
  for (const name of ['plain', 'latest', 'gzip', 'big-endian']) {
    const { code, stderr } = await build(name);
    assert.equal(code, 0, `${name}: ${stderr}`);
    assert.deepEqual(shards(name), shards('original'), name);
  }
});

test('what h5py wrote of another network or kind, or with NaN, is refused by its layers', async () => {
  const other = await build('vgg19');
  assert.equal(other.code, 1);
  assert.match(other.stderr, /layers that VGG16 has not: block3_conv4, block4_conv4, block5_conv4/);
  const wide = await build('float64');
  assert.equal(wide.code, 1);
  assert.match(wide.stderr, /block1_conv1_W_1:0" holds "<d"; wanted float32/);
  const broken = await build('nan');
  assert.equal(broken.code, 1);
  assert.match(broken.stderr, /block2_conv1\.weight" holds NaN/);
});
