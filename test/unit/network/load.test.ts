import assert from 'node:assert/strict';
import { test } from 'node:test';
import { blobFile } from '../../../src/base/random-access.ts';
import { readInSlices } from '../../../src/network/dense/layer.ts';
import { readWhole } from '../../../src/network/load.ts';
import { sessionFiles } from '../../../src/network/session-files.ts';
import { modelInMemory, seededWeights } from '../../support/seeded-vgg16.ts';

/** A Blob whose stream is not to be read: in Chromium a read of it into one's own buffer may never be answered. */
class NoStream extends Blob {
  override slice(from?: number, to?: number): Blob {
    return new NoStream([super.slice(from, to)]);
  }
  override stream(): never {
    throw new Error('The stream of a Blob was asked for.');
  }
}

test('weights that are in a Blob are read without its stream', async () => {
  const bytes = Uint8Array.from({ length: 5 * 2 ** 20 }, (_, at) => at % 251);
  const file = blobFile(new NoStream([bytes]));
  const read = new Uint8Array(bytes.length - 5);
  await readInSlices(file, 3, bytes.length - 2, (part, at) => read.set(part, at));
  assert.deepEqual(read, bytes.slice(3, -2));

  const model = await modelInMemory(seededWeights({ widths: [4, 6, 8, 8, 8], inputSize: 64, fc1: 16 }, 1));
  const files = new Map(
    await Promise.all(
      [...model.files].map(async ([name, file]) => {
        const blob = new NoStream([await readWhole(file)]);
        return [name, blobFile(blob)] as const;
      }),
    ),
  );
  const { graph, externalData } = await sessionFiles({ ...model, files });
  assert.ok(graph.length > 0 && externalData.length > 0);
  for (const { path, data } of externalData) {
    assert.ok(data instanceof Uint8Array, path);
    assert.equal(data.length, await files.get(path)!.size());
  }
});
