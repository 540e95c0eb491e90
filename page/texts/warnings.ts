import type { Report } from 'likeness-search';
import { bilingual } from './language.ts';

/** What a warning of the library means for a person, and what to do. */
const sentences = bilingual({
  en: {
    plainHttp:
      'This page came neither by https nor from this machine, so the browser stores nothing for it. What you add is gone when the page is closed; save the pictures’ index as a file before.',
    indexInMemory:
      'This browser does not let the page store anything. What you add is gone when the page is closed; save the pictures’ index as a file before.',
    indexElsewhere:
      'One of this browser’s storages does not answer, so the pictures are kept in another one. What the first one holds is not seen now; it may be there after a restart of the browser.',
    modelInMemory:
      'This browser does not let the page store the model. It is fetched again with the next visit.',
    modelInPart:
      'There is no room for the whole model here. A part of it is fetched again with the next visit.',
    modelNotNoted: 'The model could not be stored. It is fetched again with the next visit.',
    privateWindow:
      'This seems to be a private window: what you add is gone when it is closed. Open this page in an ordinary window, or save the pictures’ index as a file before.',
    other: 'There is something to know of how this is stored.',
  },
  zh: {
    plainHttp:
      '此页面既非通过 https 打开，也非来自本机，因此浏览器不会为它保存数据。关闭页面后，您添加的内容将会丢失；请先将图片索引保存为文件。',
    indexInMemory: '此浏览器不允许页面保存数据。关闭页面后，您添加的内容将会丢失；请先将图片索引保存为文件。',
    indexElsewhere:
      '此浏览器的一处存储没有响应，图片改为保存在另一处。原来那一处的内容暂时看不到；重启浏览器后可能会恢复。',
    modelInMemory: '此浏览器不允许页面保存模型。下次访问时会重新下载。',
    modelInPart: '此处空间不足，无法保存整个模型。下次访问时会重新下载其中一部分。',
    modelNotNoted: '模型未能保存。下次访问时会重新下载。',
    privateWindow:
      '这似乎是隐私浏览窗口：关闭后，您添加的内容将会丢失。请在普通窗口中打开此页面，或先将图片索引保存为文件。',
    other: '关于数据的保存，有一点需要注意。',
  },
});

/** The library's own words, by which its warnings are known. */
const known: readonly [RegExp, keyof typeof sentences.value][] = [
  [/neither by https nor from localhost.*The index is in memory/s, 'plainHttp'],
  [/The index is in memory and goes with this page/, 'indexInMemory'],
  [/does not answer: the index is in /, 'indexElsewhere'],
  [/^This browser keeps nothing for this page \(.*\): the model is in memory/s, 'modelInMemory'],
  [/^No more can be stored here \(.*\): parts of the model/s, 'modelInPart'],
  [/^Nothing can be stored here \(.*\): the model/s, 'modelNotNoted'],
];

/** A warning of the library in the person's language, and its own words. */
export function warningText(warning: string): { text: string; detail: string } {
  const [, key] = known.find(([pattern]) => pattern.test(warning)) ?? [undefined, 'other' as const];
  return { text: sentences.value[key], detail: warning };
}

/** Said where the browser gives no file system of the page's own. */
export const privateWindow = (): string => sentences.value.privateWindow;

type Where = NonNullable<Report['modelFiles']>['where'];

/** Where a model's files are, as `report().modelFiles.where` tells it. */
const places = bilingual<Record<Where, string>>({
  en: {
    opfs: 'in this browser’s private files',
    indexeddb: 'in this browser’s database',
    memory: 'in memory, for this visit only',
    folder: 'in a folder',
  },
  zh: {
    opfs: '在此浏览器的私有文件中',
    indexeddb: '在此浏览器的数据库中',
    memory: '在内存中，仅限本次访问',
    folder: '在文件夹中',
  },
});

export const placeText = (where: Where): string => places.value[where];
