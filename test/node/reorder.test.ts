import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { ImageSearch } from '../../src/node.ts';
import { samples, withFolder } from '../support/cli.ts';

test('a picture that was removed and put back is where it was, and known by its bytes', () =>
  withFolder(async (folder) => {
    const store = `file:${join(folder, 'index')}/`;
    const ids = ['A001', 'A002', 'B001', 'C001'];
    const images = await Promise.all(ids.map((id) => readFile(join(samples, `${id}.jpeg`))));
    const items = ids.map((id, n) => ({ id, image: images[n]!, meta: { n } }));
    {
      await using search = await ImageSearch.open({ store });
      await search.add(items);
      const before = await search.entries();
      const { id, meta, hash } = before[1]!;
      const vector = (await search.vector(id))!;
      await search.remove([id]);
      await search.add([{ id, vector, meta, hash }]);
      assert.deepEqual(
        (await search.entries()).map((entry) => entry.id),
        ['A001', 'B001', 'C001', 'A002'],
      );
      let changes = 0;
      search.onChange(() => changes++);
      await search.reorder([...ids, 'nobody']);
      assert.deepEqual(await search.entries(), before);
      assert.ok(changes > 0);
      assert.deepEqual(await search.vector(id), vector);
      const { unchanged, extracted } = await search.add(items);
      assert.deepEqual([unchanged, extracted], [4, 0]);
      const [first] = await search.query(images[2]!, { k: 1 });
      assert.deepEqual([first!.id, first!.distance], ['B001', 0]);

      const wrong = { code: 'bad-argument' };
      await assert.rejects(search.reorder('A001' as never), wrong);
      await assert.rejects(search.reorder([1] as never), wrong);
      await assert.rejects(search.add([{ id: 'x', vector, hash: 'ABC' }]), {
        code: 'bad-argument',
        message: /64 hexadecimal/,
      });
      await assert.rejects(search.reorder(ids.toReversed(), { signal: AbortSignal.abort() }));
      assert.deepEqual(await search.entries(), before);
    }
    await using again = await ImageSearch.open({ store });
    assert.deepEqual(
      (await again.entries()).map(({ id }) => id),
      ids,
    );
  }));
