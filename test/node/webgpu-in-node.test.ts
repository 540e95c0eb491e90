import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { ensureChromium } from '../../scripts/chromium.mjs';
import { parseNpy } from '../../src/python/npy.ts';
import { root, samples, withFolder } from '../support/cli.ts';
import { cosine } from '../support/compare.ts';

test('WebGPU in Node (the package webgpu, on the software driver that comes with Chromium) gives the same features', () =>
  withFolder(async (folder) => {
    const browsers = [dirname(realpathSync(ensureChromium())), '/usr/lib/chromium'];
    const driver = browsers.find((path) => existsSync(join(path, 'vk_swiftshader_icd.json')));
    const env = driver
      ? { ...process.env, VK_ICD_FILENAMES: join(driver, 'vk_swiftshader_icd.json'), LD_LIBRARY_PATH: driver }
      : process.env; // elsewhere the system's own driver
    const output = join(folder, 'f.npy');
    const args = ['features', join(samples, 'A001.jpeg'), '-o', output, '--device', 'webgpu'];
    await promisify(execFile)(process.execPath, [join(root, 'dist/node/cli.js'), ...args], { env });
    const { data } = parseNpy(await readFile(output));
    const expected = JSON.parse(
      await readFile(join(root, 'test/fixtures/vgg16-compact.expected.json'), 'utf8'),
    );
    assert.ok(cosine(data, expected.pictures['A001.jpeg'].normalised_fc1) > 0.999999);
  }));
