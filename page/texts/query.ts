import { bilingual, formatCount } from './language.ts';

/** What is said of queries and their results. */
export const queryTexts = bilingual({
  en: {
    mostLike: (name: string) => `Most like ${name}`,
    fileIsGone: 'The picture of this query is not on this device any more. Choose it again.',
    searching: 'Searching…',
    moreLike: (name: string) => `More like ${name}`,
    lessLike: (name: string) => `Less like ${name}`,
    remove: (name: string) => `Remove ${name} from the query`,
    back: 'Back to all pictures',
    hits: (count: number) => `${formatCount(count)} pictures, most similar first`,
    distance: (distance: string) => `distance ${distance}`,
    notYet: 'The pictures are not ready yet: the results come when they are.',
  },
  zh: {
    mostLike: (name: string) => `与 ${name} 最相似`,
    fileIsGone: '此查询的图片已不在本设备上。请重新选择。',
    searching: '正在搜索……',
    moreLike: (name: string) => `更像 ${name}`,
    lessLike: (name: string) => `不像 ${name}`,
    remove: (name: string) => `从查询中移除 ${name}`,
    back: '返回全部图片',
    hits: (count: number) => `${formatCount(count)} 张图片，最相似的在前`,
    distance: (distance: string) => `距离 ${distance}`,
    notYet: '图片尚未就绪，就绪后会显示结果。',
  },
});
