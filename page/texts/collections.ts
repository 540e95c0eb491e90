import { bilingual, formatCount } from './language.ts';

const pictureCount = (count: number): string =>
  `${formatCount(count)} ${count === 1 ? 'picture' : 'pictures'}`;

/** Folders that were given, and what is still to be read. */
export const collectionTexts = bilingual({
  en: {
    folders: 'Folders',
    reopen: (name: string) => `Reopen ${name}`,
    reopenToGo: (name: string, count: number) => `Reopen ${name}, ${formatCount(count)} to go`,
    toGo: (count: number) => `${pictureCount(count)} to go`,
    goOn: 'Continue',
    vanished: (name: string, count: number) =>
      `${pictureCount(count)} of ${name} ${count === 1 ? 'is' : 'are'} not in the folder any more.`,
    removeThem: 'Remove from the index',
    keepThem: 'Keep',
    listing: (name: string, count: number) => `Looking through ${name}: ${formatCount(count)} files`,
    notAllowed: (name: string) =>
      `The browser was not allowed to read ${name}. Reopen it and allow that to read its new pictures.`,
    isGone: (name: string) =>
      `${name} is not where it was: it was moved, renamed or deleted. Its pictures can still be searched.`,
    chooseAgain: 'Choose it again',
    count: (count: number, toGo: number) =>
      toGo === 0 ? pictureCount(count) : `${pictureCount(count)}, ${formatCount(toGo)} to go`,
    forget: (name: string) => `Forget ${name}`,
    forgetNote: 'Its pictures stay in the index.',
    unread: (count: number) => `${formatCount(count)} ${count === 1 ? 'file' : 'files'} could not be read.`,
  },
  zh: {
    folders: '文件夹',
    reopen: (name: string) => `重新打开“${name}”`,
    reopenToGo: (name: string, count: number) => `重新打开“${name}”，还剩 ${formatCount(count)} 张`,
    toGo: (count: number) => `还剩 ${formatCount(count)} 张图片`,
    goOn: '继续',
    vanished: (name: string, count: number) => `“${name}”中有 ${formatCount(count)} 张图片已不在该文件夹中。`,
    removeThem: '从索引中移除',
    keepThem: '保留',
    listing: (name: string, count: number) => `正在浏览“${name}”：${formatCount(count)} 个文件`,
    notAllowed: (name: string) => `浏览器未获准读取“${name}”。请重新打开并允许读取，以加入其中的新图片。`,
    isGone: (name: string) => `“${name}”已被移动、重命名或删除。其中的图片仍可搜索。`,
    chooseAgain: '重新选择',
    count: (count: number, toGo: number) =>
      toGo === 0
        ? `${formatCount(count)} 张图片`
        : `${formatCount(count)} 张图片，还剩 ${formatCount(toGo)} 张`,
    forget: (name: string) => `不再记住“${name}”`,
    forgetNote: '其中的图片会保留在索引中。',
    unread: (count: number) => `有 ${formatCount(count)} 个文件无法读取。`,
  },
});
