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
    newOnes: (count: number) => (count === 1 ? '1 new picture' : `${formatCount(count)} new pictures`),
    showNew: 'show',
    noMatch: 'No picture matches.',
    showAll: 'Show all pictures',
    /** Names the chips that say of which pictures a view is. */
    filter: 'Which pictures',
    onlyIn: (folder: string) => `only in ${folder}`,
    onlyNamed: (name: string) => `only named “${name}”`,
    /** On the crosses of the two. */
    inAll: 'In all folders',
    withAllNames: 'With all names',
    searchAll: 'Search all pictures',
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
    newOnes: (count: number) => `${formatCount(count)} 张新图片`,
    showNew: '显示',
    noMatch: '没有符合条件的图片。',
    showAll: '显示全部图片',
    filter: '图片范围',
    onlyIn: (folder: string) => `仅在“${folder}”中`,
    onlyNamed: (name: string) => `仅名称含“${name}”`,
    inAll: '不限文件夹',
    withAllNames: '不限名称',
    searchAll: '搜索全部图片',
  },
});
