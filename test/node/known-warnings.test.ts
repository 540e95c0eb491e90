import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { root } from '../support/cli.ts';

/** Where warnings are written, and by what the page knows each. */
const written: Record<string, string[]> = {
  'src/store/media/open-store.browser.ts': [
    'The index is in memory and goes with this page',
    'does not answer: the index is in ',
  ],
  'src/delivery/open-cache.ts': ['This browser keeps nothing for this page ('],
  'src/delivery/deliver.ts': ['No more can be stored here (', 'Nothing can be stored here ('],
};

test('the page knows the warnings that the library writes by their words', async () => {
  const page = (await readFile(join(root, 'page/texts/warnings.ts'), 'utf8')).replaceAll('\\', '');
  for (const [file, texts] of Object.entries(written)) {
    const source = await readFile(join(root, file), 'utf8');
    for (const text of texts) {
      assert.ok(source.includes(text), `${file} does not write "${text}" any more`);
      assert.ok(page.includes(text), `the page does not know "${text}"`);
    }
    const count = source.match(/warnings\.push\(|const warning = |store\.warnings = /g)?.length;
    assert.equal(count, texts.length, `${file} writes another number of warnings`);
  }
});
