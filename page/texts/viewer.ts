import { bilingual, formatCount } from './language.ts';

/** The viewer of whole pictures. */
export const viewerTexts = bilingual({
  en: {
    previous: 'Previous picture',
    next: 'Next picture',
    position: (at: number, count: number) => `${formatCount(at)} of ${formatCount(count)}`,
    query: 'Query',
    queryPart: 'Part of the query',
    found: 'Found',
    loading: 'Loading the picture…',
    onlySmall:
      'Only a small copy of this picture is here. Choose its folder again to see all of it and to search for a part of it.',
    nothing: 'This picture is not on this device any more.',
    broken: (name: string) =>
      `${name} cannot be shown: the file is damaged, not there any more, or of a kind that this browser does not show.`,
    pixels: (width: number, height: number) => `${formatCount(width)} × ${formatCount(height)} pixels`,
    searchThis: 'Search with this',
    choosePart: 'Choose a part',
    searchPart: 'Search with this part',
    removePart: 'Remove the box',
    open: 'Open',
    download: 'Download',
    partHint: 'Drag a box over the picture. On the box, arrow keys move it; with Shift they change its size.',
    part: (name: string, numbers: string) => `Part of ${name}: ${numbers}`,
    numbers: (width: number, height: number, x: number, y: number) =>
      `${formatCount(width)} × ${formatCount(height)} pixels, ${formatCount(x)} from the left, ${formatCount(y)} from the top`,
    queryParts: 'Pictures of the query',
  },
  zh: {
    previous: '上一张图片',
    next: '下一张图片',
    position: (at: number, count: number) => `第 ${formatCount(at)} 张，共 ${formatCount(count)} 张`,
    query: '查询图片',
    queryPart: '查询的局部',
    found: '找到的图片',
    loading: '正在加载图片……',
    onlySmall: '此处只有这张图片的缩略图。重新选择它所在的文件夹，即可查看原图并搜索其局部。',
    nothing: '此图片已不在本设备上。',
    broken: (name: string) => `无法显示 ${name}：文件已损坏、已不存在，或此浏览器不支持该格式。`,
    pixels: (width: number, height: number) => `${formatCount(width)} × ${formatCount(height)} 像素`,
    searchThis: '以此图搜索',
    choosePart: '选取局部',
    searchPart: '以此局部搜索',
    removePart: '移除选框',
    open: '打开',
    download: '下载',
    partHint: '在图片上拖出一个选框。焦点在选框上时，方向键可移动选框，按住 Shift 可改变大小。',
    part: (name: string, numbers: string) => `${name} 的局部：${numbers}`,
    numbers: (width: number, height: number, x: number, y: number) =>
      `${formatCount(width)} × ${formatCount(height)} 像素，距左边 ${formatCount(x)}，距顶部 ${formatCount(y)}`,
    queryParts: '查询中的图片',
  },
});
