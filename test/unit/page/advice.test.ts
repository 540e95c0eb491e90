import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { adviceFor, formatName } from '../../../page/texts/advice.ts';
import { language } from '../../../page/texts/language.ts';
import { unreadFormats } from '../../../src/image/endings.ts';

after(() => {
  language.value = 'en';
});

test('every format that is not read has its name and advice in both languages; of HEIC, where it is read', () => {
  for (const [key, format] of Object.entries(unreadFormats)) {
    language.value = 'en';
    assert.ok(!/[\u4e00-\u9fff]/.test(adviceFor(format) + formatName(format)), key);
    language.value = 'zh';
    assert.match(adviceFor(format), /[\u4e00-\u9fff]/, key);
    assert.ok(!/\b(?!JPEG|PNG|TIFF|Mac|Safari)[A-Za-z]{3,}/.test(adviceFor(format)), adviceFor(format));
  }
  for (const now of ['en', 'zh'] as const) {
    language.value = now;
    assert.match(adviceFor(unreadFormats.heic), /Safari/);
  }
});
