import { bilingual, formatCount, locale } from './language.ts';

const list = (names: readonly string[]): string =>
  new Intl.ListFormat(locale.value, { type: 'conjunction' }).format(names);

/** What is said of queries and their results. */
export const queryTexts = bilingual({
  en: {
    /** Above the chips, which have the names. */
    mostLike: 'Most like',
    title: (like: readonly string[], unlike: readonly string[]) =>
      `Most like ${list(like)}${unlike.length > 0 ? `, unlike ${list(unlike)}` : ''}`,
    query: 'What is searched for',
    aPicture: 'a picture of yours',
    part: 'part',
    like: (name: string) => `like ${name}`,
    unlike: (name: string) => `unlike ${name}`,
    fileIsGone:
      'The picture of this query is not kept on this device any more. Choose it again with “Search by picture”, or drop it here.',
    onlyUnlike: 'There are only pictures not to be like. Add one to be like.',
    cancelled: 'These pictures cancel each other out: nothing is left to search by. Remove one of them.',
    notThere: (name: string) => `${name} is not among the pictures here.`,
    originalGone: (name: string) =>
      `To search by a part of ${name}, its file is needed. Add its folder or the picture again.`,
    unread: (name: string, why: string) => `${name} cannot be read as a picture. ${why}`,
    searching: 'Searching…',
    moreLike: (name: string) => `More like ${name}`,
    lessLike: (name: string) => `Less like ${name}`,
    look: (name: string) => `Look at ${name}`,
    remove: (name: string) => `Remove ${name} from the query`,
    back: 'All pictures',
    hits: (count: number) => (count === 1 ? '1 picture' : `${formatCount(count)} pictures`),
    hitsWithin: (count: number, distance: string) =>
      `${count === 1 ? '1 picture' : `${formatCount(count)} pictures`} up to ${distance}`,
    newMatches: (count: number) => (count === 1 ? '1 new match' : `${formatCount(count)} new matches`),
    showNew: 'show',
    none: 'No other pictures.',
    noneAmong: 'No other picture is among these.',
    noneWithin: (distance: string) => `No picture is nearer than ${distance}.`,
    exactCopies: (count: number) => (count === 1 ? '1 exact copy' : `${formatCount(count)} exact copies`),
    greatestDistance: 'Greatest distance',
    upTo: (distance: string) => `up to ${distance}`,
    any: 'any',
    distance: (distance: string) => `distance ${distance}`,
    notYet: 'The pictures are not ready yet: the results come when they are.',
  },
  zh: {
    mostLike: '最相似于',
    title: (like: readonly string[], unlike: readonly string[]) =>
      `与 ${list(like)} 最相似${unlike.length > 0 ? `，且不像 ${list(unlike)}` : ''}`,
    query: '搜索条件',
    aPicture: '你的一张图片',
    part: '局部',
    like: (name: string) => `像 ${name}`,
    unlike: (name: string) => `不像 ${name}`,
    fileIsGone: '此查询的图片已不在本设备上。请用“以图搜图”重新选择，或将它拖放到此处。',
    onlyUnlike: '目前只有“不像”的图片。请再添加一张“像”的图片。',
    cancelled: '这些图片互相抵消，没有可搜索的内容。请移除其中一张。',
    notThere: (name: string) => `这里的图片中没有 ${name}。`,
    originalGone: (name: string) => `按 ${name} 的局部搜索需要原文件。请重新添加该图片或其文件夹。`,
    unread: (name: string, why: string) => `无法将 ${name} 作为图片读取。${why}`,
    searching: '正在搜索……',
    moreLike: (name: string) => `更像 ${name}`,
    lessLike: (name: string) => `不像 ${name}`,
    look: (name: string) => `查看 ${name}`,
    remove: (name: string) => `从查询中移除 ${name}`,
    back: '全部图片',
    hits: (count: number) => `${formatCount(count)} 张图片`,
    hitsWithin: (count: number, distance: string) =>
      `距离不超过 ${distance} 的图片有 ${formatCount(count)} 张`,
    newMatches: (count: number) => `${formatCount(count)} 个新的匹配结果`,
    showNew: '显示',
    none: '没有其他图片。',
    noneAmong: '此范围内没有其他图片。',
    noneWithin: (distance: string) => `没有距离在 ${distance} 以内的图片。`,
    exactCopies: (count: number) => `${formatCount(count)} 张完全相同的图片`,
    greatestDistance: '最大距离',
    upTo: (distance: string) => `不超过 ${distance}`,
    any: '不限',
    distance: (distance: string) => `距离 ${distance}`,
    notYet: '图片尚未就绪，就绪后会显示结果。',
  },
});
