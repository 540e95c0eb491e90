import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { likeness, root } from '../../support/cli.ts';
import { namedTensors, writeKeras, writeSafetensors, writeZoo } from '../../support/weight-files.ts';

const shape = { widths: [4, 4, 8, 8, 32], inputSize: 32, fc1: 32 };
const weights = { shape, seed: 8 };

let folder: string;
const at = (...names: string[]): string => join(folder, ...names);

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'likeness-'));
  await writeKeras(at('keras.h5'), weights);
  writeSafetensors(at('timm.safetensors'), namedTensors({ ...weights, classes: 10 }, 'timm'));
  writeZoo(at('zoo.onnx'), weights);
});
after(() => rmSync(folder, { recursive: true, force: true }));

const build = (from: string, to: string, variant = 'f32'): ReturnType<typeof likeness> =>
  likeness('model', 'build', 'vgg16', '--from', from, '--variant', variant, '-o', to);

/** Files of the tests' folder and of those in it that no test put there. */
const leftOvers = (): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
    /\.tmp|\.old|\.partial/.test(name),
  );

test('a model is built from each file in each variant, verified and listed', async () => {
  for (const [file, kind] of [
    ['keras.h5', 'keras'],
    ['timm.safetensors', 'torchvision'],
    ['zoo.onnx', 'onnx-zoo'],
  ] as const) {
    for (const variant of ['f32', 'f16', 'q8', 'q4']) {
      const model = at('models', `${kind}-${variant}`);
      const built = await build(at(file), model, variant);
      assert.equal(built.code, 0, built.stderr);
      assert.match(
        built.stdout,
        new RegExp(
          `${kind}-${variant}: vgg16-${kind}-${variant}@1:[0-9a-f]{16}, 32 features from 32 × 32 pixels`,
        ),
      );
      const verified = await likeness('model', 'verify', model);
      assert.equal(verified.code, 0, verified.stderr);
    }
  }
  const { stdout } = await likeness('model', 'list', at('models'), '--json');
  const rows: { name: string; fingerprint: string; dimension: number; byteLength: number }[] =
    JSON.parse(stdout);
  assert.equal(new Set(rows.map(({ fingerprint }) => fingerprint)).size, 12);
  assert.ok(rows.every(({ dimension, byteLength }) => dimension === 32 && byteLength > 1000));
  assert.deepEqual(leftOvers(), []);
});

test('what cannot be built is said, and nothing is written', async () => {
  await writeKeras(at('notop.h5'), { ...weights, top: false });
  writeFileSync(at('page.h5'), '<!doctype html>');
  for (const file of ['keras.h5', 'timm.safetensors', 'zoo.onnx']) {
    cpSync(at(file), at(`cut-${file}`));
    truncateSync(at(`cut-${file}`), 30_000);
  }
  const wrong: [string, RegExp][] = [
    ['none.h5', /does not exist/],
    ['notop.h5', /lacks fc1: it is the one without the top layers/],
    ['page.h5', /web page/],
    ['cut-keras.h5', /30000 bytes of \d+: it was not downloaded to its end/],
    ['cut-timm.safetensors', /30000 bytes of at least \d+ .*not downloaded to its end/],
    ['cut-zoo.onnx', /30000 bytes of at least \d+: it was not downloaded to its end/],
  ];
  for (const [file, message] of wrong) {
    const { code, stdout, stderr } = await build(at(file), at('wrong'));
    assert.equal(code, 1, file);
    assert.match(stderr, message);
    assert.match(stderr, /^likeness: [^\n]+\n$/, 'one line');
    assert.equal(stdout, '');
    assert.ok(!existsSync(at('wrong')), file);
  }
  assert.deepEqual(leftOvers(), []);
});

test('a model takes the place of another, and of nothing else', async () => {
  const model = at('replaced');
  assert.equal((await build(at('keras.h5'), model, 'q8')).code, 0);
  assert.equal((await build(at('keras.h5'), model, 'f32')).code, 0);
  assert.match(readFileSync(join(model, 'manifest.json'), 'utf8'), /vgg16-keras-f32/);

  mkdirSync(at('photos'));
  writeFileSync(at('photos', 'cat.jpg'), 'a cat');
  const refused = await build(at('keras.h5'), at('photos'));
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /photos holds "cat\.jpg", which is no part of a model/);
  assert.deepEqual(readdirSync(at('photos')), ['cat.jpg']);

  const onFile = await build(at('keras.h5'), at('photos', 'cat.jpg'));
  assert.equal(onFile.code, 1);
  assert.match(onFile.stderr, /cannot be written to .*cat\.jpg: a part of that path is a file/);
  assert.equal(readFileSync(at('photos', 'cat.jpg'), 'utf8'), 'a cat');
  const below = await build(at('keras.h5'), at('photos', 'cat.jpg', 'model'));
  assert.match(below.stderr, /a part of that path is a file/);
  assert.deepEqual(leftOvers(), []);
});

test('an interrupted build leaves nothing, a killed one nothing that stays', async () => {
  // Wide enough for the float64 forward pass to take seconds.
  await writeKeras(at('slow.h5'), {
    shape: { widths: [32, 32, 32, 32, 32], inputSize: 224, fc1: 4 },
    seed: 1,
  });
  const slow = (signal: NodeJS.Signals): Promise<{ code: number | null; stderr: string }> =>
    new Promise((resolve) => {
      const child = spawn(process.execPath, [
        ...[join(root, 'dist/cli.js'), 'model', 'build', 'vgg16', '--from', at('slow.h5'), '-o', at('slow')],
      ]);
      let stderr = '';
      child.stderr.on('data', (text) => {
        if (stderr === '') setTimeout(() => child.kill(signal), 300); // the files are begun
        stderr += text;
      });
      child.on('exit', (code) => resolve({ code, stderr }));
    });
  const interrupted = await slow('SIGINT');
  assert.equal(interrupted.code, 130, interrupted.stderr);
  assert.match(interrupted.stderr, /interrupted; nothing was written/);
  assert.deepEqual(leftOvers(), []);

  assert.equal((await slow('SIGKILL')).code, null);
  assert.ok(leftOvers().length > 0, 'it was killed while it wrote');
  assert.ok(!existsSync(at('slow')));
  assert.equal((await build(at('keras.h5'), at('slow'))).code, 0);
  assert.deepEqual(leftOvers(), []);
});

test('verify names what is damaged; list tells the good models and the broken ones', async () => {
  const model = at('shelf', 'a');
  assert.equal((await build(at('keras.h5'), model)).code, 0);
  cpSync(model, at('shelf', 'b'), { recursive: true });
  const damaged = at('shelf', 'b');
  const bad = async (message: RegExp): Promise<void> => {
    const { code, stderr } = await likeness('model', 'verify', damaged);
    assert.equal(code, 1);
    assert.match(stderr, message);
  };
  const shard = join(damaged, 'dense-1.bin');
  const bytes = readFileSync(shard);
  bytes[100]! ^= 1;
  writeFileSync(shard, bytes);
  await bad(/dense-1\.bin is damaged: its sha256/);
  writeFileSync(shard, bytes.subarray(1));
  await bad(/dense-1\.bin has \d+ bytes, its manifest says \d+/);
  rmSync(shard);
  await bad(/dense-1\.bin cannot be read \(ENOENT\)/);
  const manifest = readFileSync(join(damaged, 'manifest.json'), 'utf8');
  writeFileSync(join(damaged, 'manifest.json'), manifest.replace('"BGR"', '"RGB"'));
  await bad(/changed by hand/);
  const listed = await likeness('model', 'list', at('shelf'));
  assert.equal(listed.code, 1);
  assert.match(listed.stdout, /^[^\n]*shelf.a: vgg16-keras-f32@[^\n]*\n$/);
  assert.match(listed.stderr, /shelf.b.manifest\.json .*changed by hand/);
  const nowhere = await likeness('model', 'list', at('nowhere'));
  assert.equal(nowhere.code, 1);
  assert.match(nowhere.stderr, /nowhere cannot be read \(ENOENT\)/);
  const noModel = await likeness('model', 'verify', at('photos'));
  assert.match(noModel.stderr, /photos holds no model/);
});
