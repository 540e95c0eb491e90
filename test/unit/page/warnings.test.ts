import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { language } from '../../../page/texts/language.ts';
import { placeText, warningText } from '../../../page/texts/warnings.ts';

after(() => {
  language.value = 'en';
});

/** As the library writes them. */
const warnings = [
  'opfs:pictures cannot be kept in this browser: this page came neither by https nor from localhost. The index is in memory and goes with this page; export() gives it as a file.',
  'opfs:pictures cannot be kept in this browser: the private file system is missing; IndexedDB does not answer. The index is in memory and goes with this page; export() gives it as a file.',
  'The private file system does not answer: the index is in indexeddb:pictures; one that was kept there is not seen.',
  'This browser keeps nothing for this page (IndexedDB cannot be used (SecurityError: no)): the model is in memory and will be fetched again next time.',
  'No more can be stored here (the disk is full): parts of the model vgg16-compact stay in memory and will be fetched again next time.',
  'Nothing can be stored here (The storage of models does not answer): the model will be fetched again next time.',
];

test('each warning of the library has a sentence of its own in both languages; its own words are the detail', () => {
  for (const now of ['en', 'zh'] as const) {
    language.value = now;
    const seen = new Set<string>();
    for (const warning of [...warnings, 'Something new of which nobody knows.']) {
      const { text, detail } = warningText(warning);
      assert.equal(detail, warning);
      assert.ok(!seen.has(text), `${text} is said of two`);
      seen.add(text);
      assert.equal(/[a-z]{3}/i.test(text.replace('https', '')), now === 'en', text);
    }
    for (const where of ['opfs', 'indexeddb', 'memory', 'folder'] as const)
      assert.equal(/[a-z]{3}/i.test(placeText(where)), now === 'en');
  }
});
