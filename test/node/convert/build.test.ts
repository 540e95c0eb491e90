import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
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
import { fingerprintOf, type Manifest } from '../../../src/network/manifest.ts';
import { likeness, root, samples } from '../../support/cli.ts';
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

/** Weights of seeds, one of whose values is another. */
function withValue(layer: string, value: number, scale = 1): ReturnType<typeof namedTensors> {
  return namedTensors(weights, 'canonical').map(([name, sizes, weight]) => {
    if (name !== layer) return [name, sizes, weight];
    const data = (from: number, to: number): Uint8Array => {
      const values = new Float32Array(weight.data(from, to).slice().buffer).map((x) => x * scale);
      if (from === 0) values[values.length - 1] = value;
      return new Uint8Array(values.buffer);
    };
    return [name, sizes, { ...weight, data }];
  });
}

test('weights that are no numbers, or become so in a variant, are refused by their layer', async () => {
  const from = at('numbers.safetensors');
  const refused = async (variants: string[], message: RegExp): Promise<void> => {
    for (const variant of variants) {
      const { code, stderr } = await build(from, at('numbers'), variant);
      assert.equal(code, 1, variant);
      assert.match(stderr, message);
      assert.ok(!existsSync(at('numbers')));
    }
  };
  const all = ['f32', 'f16', 'q8', 'q4'];
  writeSafetensors(from, withValue('block3_conv2.weight', Number.NaN));
  await refused(all, /"block3_conv2\.weight" holds NaN/);
  writeSafetensors(from, withValue('block5_conv3.bias', Number.NEGATIVE_INFINITY));
  await refused(['f32', 'q4'], /"block5_conv3\.bias" holds -Infinity/);
  writeSafetensors(from, withValue('fc1.weight', Number.NaN));
  await refused(all, /"\/?fc1\.weight" holds NaN/);
  writeSafetensors(from, withValue('block1_conv1.weight', 70_000));
  await refused(['f16', 'q8', 'q4'], /"block1_conv1\.weight" holds values too large to be stored as float16/);
  assert.equal((await build(from, at('large'), 'f32')).code, 0, 'float32 holds them');
  writeSafetensors(from, withValue('fc1.weight', 1e6));
  await refused(['f16'], /"fc1\.weight" holds values too large to be stored as f16/);
  writeSafetensors(from, withValue('fc1.weight', 1e7));
  await refused(['q8', 'q4'], /"fc1\.weight" holds values too large to be stored as q[48]/);
  writeSafetensors(from, withValue('block5_conv3.weight', 1, 1e38));
  await refused(['f32'], /answers a known question with what is no number/);
  writeSafetensors(
    from,
    withValue('fc1.weight', 0, 0).map(([name, sizes, weight]) =>
      name === 'fc1.bias'
        ? [name, sizes, { ...weight, data: (a, b) => new Uint8Array(4 * (b - a)) }]
        : [name, sizes, weight],
    ),
  );
  await refused(['f32', 'q8'], /answers a known question with zeros alone/);
  assert.deepEqual(leftOvers(), []);
});

test('a model with such weights that exists already is found by verify, and not opened', async () => {
  const path = at('spoiled');
  const picture = join(
    samples,
    readdirSync(samples).find((name) => name.endsWith('.jpeg') || name.endsWith('.jpg'))!,
  );
  for (const [variant, layer, offset, bytes] of [
    ['f32', /"block1_conv1\.weight" holds NaN/, { file: 'graph-1.bin', at: 8 }, [0, 0, 0xc0, 0x7f]],
    ['f16', /"fc1\.weight" holds Infinity/, { file: 'dense-1.bin', at: 6 }, [0, 0x7c]],
    ['q8', /a scale of "fc1\.weight" holds NaN/, { file: 'dense-1.bin', at: 1024 }, [1, 0x7e]],
  ] as const) {
    assert.equal((await build(at('keras.h5'), path, variant)).code, 0);
    const file = join(path, offset.file);
    const content = readFileSync(file);
    content.set(bytes, offset.at);
    writeFileSync(file, content);
    const manifestPath = join(path, 'manifest.json');
    const manifest: Manifest = JSON.parse(readFileSync(manifestPath, 'utf8'));
    const shard = manifest.shards.find((one) => one.file === offset.file)!;
    shard.sha256 = createHash('sha256').update(content).digest('hex');
    manifest.fingerprint = await fingerprintOf(manifest);
    writeFileSync(manifestPath, JSON.stringify(manifest));
    const { code, stderr } = await likeness('model', 'verify', path);
    assert.equal(code, 1);
    assert.match(stderr, layer);
    // With the answer that such a network gives, as a builder without checks would have written it.
    writeFileSync(manifestPath, JSON.stringify({ ...manifest, probe: manifest.probe!.map(() => null) }));
    for (const args of [
      ['verify', path],
      ['list', path],
    ]) {
      const { code, stderr } = await likeness('model', ...args);
      assert.equal(code, 1);
      assert.match(stderr, /known answer, which is no list of numbers/);
    }
    // Without one, its answer to the question tells, as NaN in a convolution reaches every value.
    if (variant !== 'f32') continue;
    const { probe: _, ...unknown } = manifest;
    writeFileSync(manifestPath, JSON.stringify(unknown));
    const opened = await likeness('features', picture, '--model', path, '-o', at('f.npy'));
    assert.equal(opened.code, 1);
    assert.match(opened.stderr, /gives what is no number on wasm for a known question/);
  }
});

test('a byte order mark in a manifest is no part of it', async () => {
  const path = at('marked');
  assert.equal((await build(at('keras.h5'), path)).code, 0);
  const manifest = join(path, 'manifest.json');
  writeFileSync(manifest, `\ufeff${readFileSync(manifest, 'utf8')}`);
  const { code, stderr } = await likeness('model', 'verify', path);
  assert.equal(code, 0, stderr);
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

  // Files of somebody's that are called as those of a model are.
  for (const [name, content] of [
    ['README.md', '# Mine'],
    ['manifest.json', '{"name":"a web page"}'],
    ['manifest.json', 'no JSON'],
    ['model.onnx', 'a network'],
  ] as const) {
    rmSync(at('mine'), { recursive: true, force: true });
    mkdirSync(at('mine'));
    writeFileSync(at('mine', name), content);
    const { code, stderr } = await build(at('keras.h5'), at('mine'));
    assert.equal(code, 1);
    assert.match(stderr, /mine holds "[^"]+" and no manifest of a model/);
    assert.deepEqual(readdirSync(at('mine')), [name]);
    assert.equal(readFileSync(at('mine', name), 'utf8'), content);
  }
  writeFileSync(join(model, 'README.md'), '# What I know of it');
  assert.equal((await build(at('keras.h5'), model, 'q4')).code, 0);
  assert.equal(readFileSync(join(model, 'README.md'), 'utf8'), '# What I know of it');

  const onFile = await build(at('keras.h5'), at('photos', 'cat.jpg'));
  assert.equal(onFile.code, 1);
  assert.match(onFile.stderr, /-o .*cat\.jpg is a file; wanted a folder/);
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
  const slow = (kill: NodeJS.Signals): Promise<{ signal: NodeJS.Signals | null; stderr: string }> =>
    new Promise((resolve) => {
      const child = spawn(process.execPath, [
        ...[
          join(root, 'dist/node/cli.js'),
          'model',
          'build',
          'vgg16',
          '--from',
          at('slow.h5'),
          '-o',
          at('slow'),
        ],
      ]);
      let stderr = '';
      child.stderr.on('data', (text) => {
        if (stderr === '') setTimeout(() => child.kill(kill), 300); // the files are begun
        stderr += text;
      });
      child.on('exit', (_code, signal) => resolve({ signal, stderr }));
    });
  const interrupted = await slow('SIGINT');
  // By the signal, as shells expect, and as every command ends.
  assert.equal(interrupted.signal, 'SIGINT', interrupted.stderr);
  assert.match(interrupted.stderr, /interrupted; nothing was written/);
  assert.deepEqual(leftOvers(), []);

  assert.equal((await slow('SIGKILL')).signal, 'SIGKILL');
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
