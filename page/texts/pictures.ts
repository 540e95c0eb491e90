import { bilingual, formatCount } from './language.ts';

/** The list of all pictures. */
export const picturesTexts = bilingual({
  en: {
    ofAll: (shown: number, all: number) => `${formatCount(shown)} of ${formatCount(all)} pictures`,
    search: 'Search names',
    folder: 'Folder',
    allFolders: (count: number) => `All folders (${formatCount(count)})`,
    folderWith: (name: string, count: number) => `${name} (${formatCount(count)})`,
    sort: 'Sort by',
    added: 'Order of adding',
    name: 'Name',
    date: 'Newest first',
    noMatch: 'No picture matches.',
    showAll: 'Show all pictures',
    only: (folder: string, name: string) =>
      `Only pictures${folder === '' ? '' : ` in ${folder}`}${name === '' ? '' : ` named “${name}”`}.`,
  },
  zh: {
    ofAll: (shown: number, all: number) => `${formatCount(all)} 张图片中的 ${formatCount(shown)} 张`,
    search: '搜索名称',
    folder: '文件夹',
    allFolders: (count: number) => `所有文件夹（${formatCount(count)}）`,
    folderWith: (name: string, count: number) => `${name}（${formatCount(count)}）`,
    sort: '排序方式',
    added: '添加顺序',
    name: '名称',
    date: '最新的在前',
    noMatch: '没有符合条件的图片。',
    showAll: '显示全部图片',
    only: (folder: string, name: string) =>
      `仅显示${folder === '' ? '' : `“${folder}”中`}${name === '' ? '' : `名称含“${name}”`}的图片。`,
  },
});
