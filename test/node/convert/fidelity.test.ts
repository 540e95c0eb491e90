import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Vgg16Shape } from '../../../src/convert/vgg16-weights.ts';
import { ImageSearch } from '../../../src/node.ts';
import type { Mistake } from '../../peers/tfjs-vgg16.mjs';
import { likeness } from '../../support/cli.ts';
import { cosine } from '../../support/compare.ts';
import { framed, kerasReference, photograph } from '../../support/keras-reference.ts';
import { writeKeras } from '../../support/weight-files.ts';

// VGG16, narrow: a flatten of 3 × 3 places, widths that differ. test/full does the same at full size.
const shape: Vgg16Shape = { widths: [8, 12, 16, 20, 32], inputSize: 96, fc1: 128 };
const photographs = ['A001', 'B005', 'C010', 'H001'];

let folder: string;
let weights: string;
/** What the model that `likeness model build` makes of the weights gives for each photograph. */
const ours: Float32Array[] = [];

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'likeness-'));
  weights = join(folder, 'weights.h5');
  await writeKeras(weights, { shape, seed: 21 });
  const model = join(folder, 'model');
  const built = await likeness('model', 'build', 'vgg16', '--from', weights, '--variant', 'f32', '-o', model);
  assert.equal(built.code, 0, built.stderr);
  await using search = await ImageSearch.open({ model, parity: 'keras', threads: 1 });
  for (const id of photographs) ours.push(await search.extract(photograph(id)));
});
after(() => rm(folder, { recursive: true, force: true }));

/** Cosines of our features with those of TensorFlow.js, which is told to make a mistake or none. */
async function cosines(mistake?: Mistake): Promise<number[]> {
  const network = await kerasReference(weights, shape, mistake);
  const found: number[] = [];
  for (const [i, id] of photographs.entries()) {
    found.push(
      cosine(
        ours[i]!,
        await network.extract(await framed(id, { width: 96, height: 96, resample: 'bicubic' })),
      ),
    );
  }
  network.dispose();
  return found;
}

async function isRightWithout(mistake: Mistake): Promise<void> {
  const right = Math.min(...(await cosines()));
  assert.ok(right >= 0.999999, `cosine with Keras' VGG16: ${right}`);
  const wrong = Math.max(...(await cosines(mistake)));
  assert.ok(wrong < 0.99, `cosine with a network that makes the mistake "${mistake}": ${wrong}`);
}

test("the features are those of Keras' VGG16 in TensorFlow.js: cosine ≥ 0.999999", async () => {
  const found = await cosines();
  console.log(`# cosines ${found.map((value) => value.toFixed(9)).join(', ')}`);
  assert.ok(Math.min(...found) >= 0.999999, found.join(', '));
});

test('fc1 takes height, width, channel, not channel, height, width', () =>
  isRightWithout('channels-first flatten'));

test('the network is fed B G R, not R G B', () => isRightWithout('RGB'));

test('the features are those after the ReLU of fc1', async () => {
  await isRightWithout('no ReLU');
  for (const vector of ours)
    assert.ok(vector.every((value) => value >= 0) && vector.some((value) => value === 0));
});
