import { bilingual, formatCount } from './language.ts';

/** What is said of an index that is saved, opened or emptied. */
export const indexTexts = bilingual({
  en: {
    opening: (file: string) => `Opening ${file}`,
    opened: (count: number) => `${formatCount(count)} pictures are in the index.`,
    noIndex: 'None of these files is an index (.likeness) or holds features (.npy).',
    notWhole: (file: string) =>
      `${file} is no index, or is damaged or cut off. Nothing was changed. Save it again where it came from.`,
    otherColumns: (file: string, columns: number, model: string, dimension: number) =>
      `${file} has rows of ${columns} values; those of ${model} have ${dimension}.`,
    badIds: (file: string, rows: number, features: string) =>
      `${file} has to be a list of ${rows} strings, an id for each row of ${features}.`,
    savedIndex:
      'The index was saved as a file. Drop it here, or on another page like this, to open it again.',
    savedFeatures: 'features.npy and ids.json were saved: row n of the features belongs to the n-th id.',
    emptying: 'Emptying the index',
    emptied: (count: number) =>
      `${formatCount(count)} ${count === 1 ? 'picture was' : 'pictures were'} removed.`,
  },
  zh: {
    opening: (file: string) => `正在打开 ${file}`,
    opened: (count: number) => `索引中有 ${formatCount(count)} 张图片。`,
    noIndex: '这些文件中没有索引（.likeness）或特征文件（.npy）。',
    notWhole: (file: string) => `${file} 不是索引，或已损坏、不完整。没有做任何更改。请从来源处重新保存。`,
    otherColumns: (file: string, columns: number, model: string, dimension: number) =>
      `${file} 每行有 ${columns} 个值；${model} 每行应有 ${dimension} 个。`,
    badIds: (file: string, rows: number, features: string) =>
      `${file} 应是含 ${rows} 个字符串的列表，对应 ${features} 的每一行。`,
    savedIndex: '索引已保存为文件。将它拖放到此处或另一个同类页面即可再次打开。',
    savedFeatures: '已保存 features.npy 和 ids.json：特征的第 n 行对应第 n 个 id。',
    emptying: '正在清空索引',
    emptied: (count: number) => `已移除 ${formatCount(count)} 张图片。`,
  },
});
