import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  chooseLanguage,
  formatBytes,
  formatCount,
  formatDistance,
  locale,
} from '../../../page/texts/language.ts';

test('numbers are written as the language has them, also after another was chosen', () => {
  for (const language of ['en', 'zh', 'en'] as const) {
    chooseLanguage(language);
    for (const value of [0, 7, 999, 1000, 1234567, -5, 2.5, Number.NaN])
      assert.equal(formatCount(value), value.toLocaleString(locale.value), `${value}`);
    const three = { minimumFractionDigits: 3, maximumFractionDigits: 3 };
    for (const value of [0, 0.1234, 1, 1234.5])
      assert.equal(formatDistance(value), value.toLocaleString(locale.value, three));
    assert.equal(formatBytes(1234), '1.2 kB');
    assert.equal(formatBytes(12_345_678), '12 MB');
  }
});
