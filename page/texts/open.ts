import { bilingual, formatCount } from './language.ts';

/** What is said of models and indexes that are opened. */
export const openTexts = bilingual({
  en: {
    repaired: (reason: string) => `The index was repaired: ${reason}`,
    earlier: (made: string, now: string, size: string) =>
      `An index in this browser was made with ${made}, this is ${now}: add its pictures again. The old one (${size}) can be deleted in the settings.`,
    otherModel: (made: string, now: string) =>
      `The server's index was made with ${made}, this page works with ${now}. Choose its model in the settings, or index the pictures here.`,
    wantedModel: (name: string, size: string) => `${name} is a larger model: ${size} to download.`,
    useWanted: (name: string) => `Use ${name}`,
    indexHere: (count: number) =>
      `Read ${count === 1 ? 'this picture' : `these ${formatCount(count)} pictures`} here`,
    failed: 'The model could not be opened.',
  },
  zh: {
    repaired: (reason: string) => `索引已修复：${reason}`,
    earlier: (made: string, now: string, size: string) =>
      `此浏览器中有一个由 ${made} 生成的索引，当前模型是 ${now}：请重新添加图片。旧索引（${size}）可在设置中删除。`,
    otherModel: (made: string, now: string) =>
      `服务器的索引由 ${made} 生成，本页使用 ${now}。请在设置中选择对应的模型，或在此重新建立索引。`,
    wantedModel: (name: string, size: string) => `${name} 是较大的模型，需下载 ${size}。`,
    useWanted: (name: string) => `使用 ${name}`,
    indexHere: (count: number) => `在此读取这 ${formatCount(count)} 张图片`,
    failed: '无法打开模型。',
  },
});
