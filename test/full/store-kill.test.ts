import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { killChromium, killNode, report } from '../support/kill.ts';
import { seeded } from '../support/random.ts';

describe('200 kills at random moments', () => {
  const random = seeded(Date.now());
  test('Node, a folder', async () => {
    const counts = await killNode(120, random);
    console.log(report('Node', counts));
    assert.equal(counts.kills, 120);
  });

  for (const store of ['opfs', 'indexeddb'] as const) {
    test(`Chromium, ${store}`, async () => {
      const counts = await killChromium(40, store, random);
      console.log(report(`Chromium, ${store}`, counts));
      assert.equal(counts.kills, 40);
    });
  }
});
