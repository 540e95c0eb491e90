import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { killChromium, killNode, report } from '../../support/kill.ts';
import { seeded } from '../../support/random.ts';

/** The quick form; test/full kills 200 times. */
describe('an index whose process is killed', () => {
  const random = seeded(Date.now());
  test('Node, a folder', async () => {
    const counts = await killNode(12, random);
    console.log(report('Node', counts));
    assert.ok(counts.acknowledged > 0);
  });

  for (const store of ['opfs', 'indexeddb'] as const) {
    test(`Chromium, ${store}`, async () => {
      const counts = await killChromium(4, store, random);
      console.log(report(`Chromium, ${store}`, counts));
      assert.ok(counts.acknowledged > 0);
    });
  }
});
