import type { LikenessError } from '../base/errors.ts';
import { WrongAttribute } from './choice.ts';
import { NoModel } from './engine.ts';

/** Texts of `<likeness-search>`; `{name}`, `{size}`, `{count}` and `{message}` are put in. */
export type SearchLabels = {
  choose: string;
  camera: string;
  /** Beside the buttons. */
  hint: string;
  /** Of the button that loads the model; `{size}` is what it takes. */
  search: string;
  cancel: string;
  /** The picture that is searched with, for those who do not see it. */
  query: string;
  /** Names the list. */
  list: string;
  loading: string;
  looking: string;
  found: string;
  none: string;
  unreadable: string;
  offline: string;
  /** There is no network, and a server is asked. */
  network: string;
  storage: string;
  memory: string;
  unsupported: string;
  nomodel: string;
  /** An attribute of the element is wrong; `{message}` says which, in English, for who writes the page. */
  wrong: string;
  failed: string;
};

export const searchTexts: { en: SearchLabels; zh: SearchLabels } = {
  en: {
    choose: 'Choose a picture',
    camera: 'Take a photo',
    hint: 'or drop one here, or paste it',
    search: 'Search · {size} once',
    cancel: 'Cancel',
    query: 'Your picture: {name}',
    list: 'Similar pictures',
    loading: 'Loading the search …',
    looking: 'Looking for similar pictures …',
    found: 'Similar pictures: {count}',
    none: 'There are no similar pictures.',
    unreadable: '{name} cannot be read as a picture.',
    offline: 'There is no network, and the search is not stored on this device yet.',
    network: 'There is no network, and this search needs one.',
    storage: 'There is no room on this device to store the search.',
    memory: 'There is not enough memory for the search. Close other tabs, and try again.',
    unsupported:
      'This browser cannot search: it lacks WebAssembly SIMD, or this page’s policy forbids WebAssembly.',
    nomodel: 'This site cannot be searched with pictures of your own.',
    wrong: 'This search is set up wrongly: {message}',
    failed: 'The search does not work now. Try again later.',
  },
  zh: {
    choose: '选择图片',
    camera: '拍照',
    hint: '或将图片拖放到此处，或粘贴图片',
    search: '搜索 · 首次需下载 {size}',
    cancel: '取消',
    query: '您的图片：{name}',
    list: '相似图片',
    loading: '正在加载搜索功能……',
    looking: '正在查找相似图片……',
    found: '相似图片：{count} 张',
    none: '没有相似图片。',
    unreadable: '无法读取图片 {name}。',
    offline: '没有网络连接，且此设备尚未存储搜索功能。',
    network: '没有网络连接，而此搜索需要网络。',
    storage: '此设备没有足够的空间存储搜索功能。',
    memory: '内存不足，无法搜索。请关闭其他标签页后重试。',
    unsupported: '此浏览器无法搜索：缺少 WebAssembly SIMD，或此页面的策略禁止使用 WebAssembly。',
    nomodel: '此网站不支持以图搜图。',
    wrong: '此搜索的设置有误：{message}',
    failed: '目前无法搜索，请稍后重试。',
  },
};

export const filled = (text: string, values: Record<string, string>): string =>
  text.replace(/\{(\w+)\}/g, (whole, name: string) => values[name] ?? whole);

const byCode: Partial<Record<LikenessError['code'], keyof SearchLabels>> = {
  'bad-image': 'unreadable',
  'no-backend': 'unsupported',
  'out-of-memory': 'memory',
  'storage-full': 'storage',
  'storage-denied': 'storage',
  'storage-failed': 'storage',
};

/** What is said of an error to a visitor. */
export function labelOf(error: LikenessError): keyof SearchLabels {
  if (error instanceof NoModel) return 'nomodel';
  if (error instanceof WrongAttribute) return 'wrong';
  const isServers = error.code === 'server-failed';
  return byCode[error.code] ?? (navigator.onLine ? 'failed' : isServers ? 'network' : 'offline');
}
