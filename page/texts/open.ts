import { bilingual, formatCount } from './language.ts';

/** What is said of models and indexes that are opened. */
export const openTexts = bilingual({
  en: {
    modelNamed: (name: string, version: string) => `${name}, version ${version}`,
    repaired:
      'The end of what was stored was damaged, e.g. by a crash. It was repaired; the last pictures may have to be added again.',
    earlier: (made: string, now: string, size: string) =>
      `Your pictures in this browser were read with ${made}, this is ${now}: add them again. What is kept of the old one (${size}) can be deleted in the settings.`,
    otherModel: (made: string, now: string) =>
      `The server searched these pictures with the model ${made}, this page works with ${now}. Choose their model in the settings, or let this page read the pictures.`,
    needsDownload: (name: string, size: string) => `Download the model ${name} (${size})?`,
    downloadWhy:
      'It is needed to read pictures that are new here. It is kept on this device, so this happens once. A smaller model can be chosen in the settings.',
    download: (size: string) => `Download ${size}`,
    notNow: 'Not now',
    refused: (name: string) =>
      `New pictures cannot be read without the model ${name}. Try again to download it, or choose a smaller one in the settings.`,
    indexHere: (count: number) =>
      `Read ${count === 1 ? 'this picture' : `these ${formatCount(count)} pictures`} here`,
    failed: 'The model could not be opened.',
  },
  zh: {
    modelNamed: (name: string, version: string) => `${name}（版本 ${version}）`,
    repaired: '已保存内容的末尾曾损坏（例如因崩溃），现已修复；最后添加的图片可能需要重新添加。',
    earlier: (made: string, now: string, size: string) =>
      `此浏览器中您的图片是用 ${made} 读取的，当前模型是 ${now}：请重新添加图片。旧的内容（${size}）可在设置中删除。`,
    otherModel: (made: string, now: string) =>
      `服务器用模型 ${made} 读取了这些图片，本页使用 ${now}。请在设置中选择对应的模型，或由本页重新读取这些图片。`,
    needsDownload: (name: string, size: string) => `要下载模型 ${name}（${size}）吗？`,
    downloadWhy: '读取新图片需要它。它会保存在本设备上，因此只需下载一次。也可以在设置中选择更小的模型。',
    download: (size: string) => `下载 ${size}`,
    notNow: '暂不下载',
    refused: (name: string) =>
      `没有模型 ${name} 就无法读取新图片。请重试以下载它，或在设置中选择更小的模型。`,
    indexHere: (count: number) => `在此读取这 ${formatCount(count)} 张图片`,
    failed: '无法打开模型。',
  },
});

/** A model as people tell it from others: `vgg16-compact@2:0f43…` → `vgg16-compact, version 2`. */
export function modelCalled(fingerprint: string): string {
  const [, name, version] = /^(.+)@([^@:]+):[^:]*$/.exec(fingerprint) ?? [];
  return name === undefined || version === undefined
    ? fingerprint
    : openTexts.value.modelNamed(name, version);
}
