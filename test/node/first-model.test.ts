import assert from 'node:assert/strict';
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { deleteIndex, ImageSearch } from '../../src/node.ts';
import { likenessIn, samples, withFolder } from '../support/cli.ts';
import { bothVersions, firstIndex } from '../support/first-model.ts';

const names = ['A001', 'A010', 'B001', 'C001'].map((name) => `${name}.jpeg`);
const query = join(samples, 'A002.jpeg');

/** A folder with `pictures/`, the index `index/` of them that the first model made, and the same as a file. */
const withFirst = (body: (folder: string) => Promise<void>): Promise<void> =>
  withFolder(async (folder) => {
    await mkdir(join(folder, 'pictures'));
    await mkdir(join(folder, 'index'));
    for (const name of names) await cp(join(samples, name), join(folder, 'pictures', name));
    for (const path of ['index/index-1.likeness', 'old.likeness']) {
      await writeFile(join(folder, path), await firstIndex());
    }
    await body(folder);
  });

/** The last command that a message tells to run. */
const commandIn = (text: string): string[] =>
  /To index again: likeness (index .+)\.$/m.exec(text)![1]!.split(' ');

describe('an index that the first version of the compact model made', () => {
  test('query names both versions and the command that indexes again; that one, run, does it', () =>
    withFirst(async (folder) => {
      const refused = await likenessIn(folder, 'query', query, '-i', 'index');
      assert.equal(refused.code, 1);
      assert.match(refused.stderr, bothVersions);
      assert.equal(refused.stderr.trim().split('\n').length, 1, refused.stderr);
      const command = commandIn(refused.stderr);
      assert.deepEqual(command, ['index', 'pictures', '-o', 'index']);

      const again = await likenessIn(folder, ...command);
      assert.equal(again.code, 0, again.stderr);
      assert.match(
        again.stderr,
        /made anew: it was made with vgg16-compact@1:565\w+, this is vgg16-compact@2:/,
      );
      assert.match(again.stdout, /4 pictures \(4 indexed/);
      const { code, stdout } = await likenessIn(folder, 'query', query, '-i', 'index', '--json');
      assert.equal(code, 0);
      assert.equal(JSON.parse(stdout)[0].id, 'A001.jpeg');
    }));

  test('a vector is searched, with a warning: it does not say who made it', () =>
    withFirst(async (folder) => {
      const one = await likenessIn(folder, 'export', 'index', '--per-image', 'vectors');
      assert.equal(one.code, 0, one.stderr);
      const { code, stdout, stderr } = await likenessIn(
        folder,
        'query',
        'vectors/A010.npy',
        '-i',
        'index',
        '--json',
      );
      assert.equal(code, 0, stderr);
      assert.deepEqual(JSON.parse(stdout)[0], { id: 'A010.jpeg', distance: 0 });
      assert.match(stderr, bothVersions);
      assert.match(stderr, /A vector that was made with this one finds nothing here/);
    }));

  test('an exported file names no folder that is not here; import refuses it', () =>
    withFirst(async (folder) => {
      for (const args of [
        ['query', query, '-i', 'old.likeness'],
        ['import', 'old.likeness', '-o', 'new'],
      ]) {
        const { code, stderr } = await likenessIn(folder, ...args);
        assert.equal(code, 1);
        assert.match(stderr, bothVersions);
        assert.match(stderr, /likeness index <folder of pictures> -o <index(-dir)?>/);
      }
    }));

  test('the command names folders with spaces, the model and the parity that the index notes', () =>
    withFirst(async (folder) => {
      await cp(join(folder, 'pictures'), join(folder, 'my pictures'), { recursive: true });
      const { IndexStore } = await import('../../src/store/index-store.ts');
      const { FolderStore } = await import('../../src/store/media/store.node.ts');
      const index = await IndexStore.open(new FolderStore(join(folder, 'my index')), {
        create: {
          model: { name: 'mine', version: '3', fingerprint: 'mine@3:0123456789abcdef' },
          dimension: 512,
          parity: 'keras',
        },
      });
      await index.append([
        { set: 'pictures', value: '../my pictures' },
        { set: 'model', value: '../model' },
        { id: 'a', vector: new Float32Array(512).fill(1) },
      ]);
      await index.close();
      await cp('models/vgg16-compact', join(folder, 'model'), { recursive: true });
      const { code, stderr } = await likenessIn(folder, 'query', query, '-i', 'my index');
      assert.equal(code, 1);
      assert.match(
        stderr,
        /made with mine@3:0123456789abcdef, this is vgg16-compact@2:\w+: features of two models/,
      );
      assert.match(
        stderr,
        /To index again: likeness index "my pictures" -o "my index" --model model --exif ignore\.$/m,
      );
    }));

  test('ImageSearch refuses folder, file and import with what to do, and that does it', () =>
    withFirst(async (folder) => {
      const store = `file:${join(folder, 'index')}`;
      const refused = { code: 'model-mismatch', message: bothVersions };
      await assert.rejects(ImageSearch.open({ store }), refused);
      await assert.rejects(ImageSearch.open({ store }), (error: Error) => {
        assert.ok(error.message.includes(`To index again: call deleteIndex('${store}')`), error.message);
        return true;
      });
      const file = new Blob([await readFile(join(folder, 'old.likeness'))]);
      await assert.rejects(ImageSearch.open({ store: file }), refused);
      await assert.rejects(ImageSearch.open({ store: join(folder, 'old.likeness') }), {
        ...refused,
        message: /add its pictures to a new index and export that/,
      });

      await deleteIndex(store);
      await using search = await ImageSearch.open({ store });
      await search.add(names.map((name) => ({ id: name, image: join(samples, name) })));
      await assert.rejects(search.import(file), refused);
      assert.equal((await search.query(query, { k: 1 }))[0]!.id, 'A001.jpeg');
    }));

  test('an index of a later version asks for an update', async () => {
    const { MemoryStore } = await import('../../src/store/media/store.memory.ts');
    const { IndexStore } = await import('../../src/store/index-store.ts');
    const store = new MemoryStore('mine');
    const model = { name: 'vgg16-compact', version: '10', fingerprint: 'vgg16-compact@10:0123456789abcdef' };
    await (await IndexStore.open(store, { create: { model, dimension: 512, parity: null } })).close();
    await assert.rejects(ImageSearch.open({ store }), {
      code: 'model-mismatch',
      message: /made with vgg16-compact@10:0123456789abcdef, this is vgg16-compact@2:.*Update Likeness/,
    });
  });
});
