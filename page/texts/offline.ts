import { bilingual } from './language.ts';

/** What is said of the page without a network. */
export const offlineTexts = bilingual({
  en: {
    newVersion: 'There is a new version of this page.',
    useNewVersion: 'Load it',
    notStored: 'The page could not be stored on this device: there may be no room.',
    title: 'Without a network',
    works: 'This page opens and searches with the network cut.',
    preparing: 'This page is not stored on this device yet: it needs the network to open.',
    cannot: 'This browser stores no pages here: the page needs the network to open.',
    isolation: 'Use all processor cores',
    isolationHint: 'Makes reading pictures faster. The page is loaded anew.',
  },
  zh: {
    newVersion: '此页面有新版本。',
    useNewVersion: '加载新版本',
    notStored: '无法将页面存储到本设备：可能空间不足。',
    title: '离线使用',
    works: '没有网络时，本页面仍可打开和搜索。',
    preparing: '本页面尚未存储到此设备：打开时需要网络。',
    cannot: '此浏览器不能在此存储页面：打开时需要网络。',
    isolation: '使用所有处理器核心',
    isolationHint: '可加快读取图片的速度。页面将重新加载。',
  },
});
