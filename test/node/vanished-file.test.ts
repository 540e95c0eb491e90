import assert from 'node:assert/strict';
import { openAsBlob } from 'node:fs';
import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { ImageSearch } from '../../src/node.ts';
import { withFolder } from '../support/cli.ts';
import { sample } from '../support/page-files.ts';

test('a file that is gone when its turn comes fails alone, in memory and in a store', () =>
  withFolder(async (folder) => {
    const gone = join(folder, 'gone.jpeg');
    await cp(sample(1), gone);
    const blob = await openAsBlob(gone);
    await rm(gone);
    for (const how of [{}, { store: join(folder, 'pictures.likeness') }]) {
      await using search = await ImageSearch.open(how);
      const report = await search.add([
        { id: 'first', image: sample(0) },
        { id: 'gone', image: blob },
        { id: 'last', image: sample(2) },
      ]);
      assert.deepEqual(
        report.failed.map(({ id, error }) => [id, error.code]),
        [['gone', 'bad-image']],
      );
      assert.match(report.failed[0]!.error.message, /^the file cannot be read: /);
      assert.equal(search.size, 2);
    }
  }));
