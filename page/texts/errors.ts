import type { ErrorCode } from 'likeness-search';
import { bilingual } from './language.ts';

/** What an error of the library means for a person, and what to do. Its own English words stand below as a detail. */
const sentences = bilingual<Record<ErrorCode, string>>({
  en: {
    'bad-argument': 'That does not work with these pictures. Change the search, then try again.',
    'bad-image': 'This picture cannot be read. It may be damaged or of a format that is not known here.',
    'bad-model':
      'The model’s files are damaged or incomplete. Delete the model in the settings, or choose another.',
    'model-mismatch':
      'This was made with another model. Choose that model in the settings, or add the pictures again.',
    'bad-file':
      'This file is damaged or not complete. Nothing was changed. Save it again where it came from.',
    'newer-format': 'This was made by a newer version of Likeness. Update this page, then open it again.',
    'not-found': 'Something that is needed is not there any more. It may have been moved or deleted.',
    'in-use': 'Something else has this open. Wait until it is done, or close it, then try again.',
    'out-of-memory': 'There is not enough memory for this. Close other tabs, or do it with fewer pictures.',
    'no-backend': 'This browser cannot run the search. A newer browser can.',
    'device-lost': 'The graphics processor stopped. Reload the page to go on.',
    locked: 'Another tab has these pictures open. Go on there, or close it, then try again.',
    'read-only':
      'Another tab is changing these pictures. You can search here; close the other tab to add or remove.',
    'storage-full':
      'There is no room left on this device. What was stored before is safe. Make room, then try again.',
    'storage-denied':
      'This browser does not let the page store anything. What you add is gone when the page is closed.',
    'storage-failed': 'The browser’s storage failed. Reload the page, then try again.',
    'server-failed': 'The server of these pictures does not answer. Try again later.',
    'access-denied': 'The server lets nobody change its pictures without the right token.',
    unsupported: 'This cannot be done with these pictures.',
    closed: 'This was closed meanwhile. Reload the page to go on.',
  },
  zh: {
    'bad-argument': '这些图片无法这样搜索。请修改搜索条件后重试。',
    'bad-image': '无法读取这张图片。它可能已损坏，或格式不受支持。',
    'bad-model': '模型文件损坏或不完整。请在设置中删除该模型，或选择其他模型。',
    'model-mismatch': '这是用另一个模型生成的。请在设置中选择该模型，或重新添加图片。',
    'bad-file': '此文件已损坏或不完整。没有做任何更改。请从来源处重新保存。',
    'newer-format': '这是由更新版本的 Likeness 生成的。请更新此页面后再打开。',
    'not-found': '所需的内容已不存在，可能已被移动或删除。',
    'in-use': '它正被其他程序占用。请等待其完成或将其关闭，然后重试。',
    'out-of-memory': '内存不足。请关闭其他标签页，或减少图片数量。',
    'no-backend': '此浏览器无法运行搜索。请使用较新的浏览器。',
    'device-lost': '图形处理器已停止工作。请重新加载页面。',
    locked: '另一个标签页正在使用这些图片。请在那里继续，或将其关闭后重试。',
    'read-only': '另一个标签页正在修改这些图片。您可以在此搜索；要添加或移除图片，请先关闭那个标签页。',
    'storage-full': '此设备已没有空间。之前保存的内容不受影响。请腾出空间后重试。',
    'storage-denied': '此浏览器不允许页面保存数据。关闭页面后，您添加的内容将会丢失。',
    'storage-failed': '浏览器的存储出错。请重新加载页面后重试。',
    'server-failed': '这些图片的服务器没有响应。请稍后重试。',
    'access-denied': '没有正确的令牌，服务器不允许更改其图片。',
    unsupported: '无法对这些图片执行此操作。',
    closed: '它已被关闭。请重新加载页面。',
  },
});

const other = bilingual({
  en: {
    network: 'This could not be fetched. Look whether this device is online, then try again.',
    modelFailed: 'The model could not be opened, so pictures cannot be read. Reload the page to try again.',
    fileGone: 'This file is not there any more, or it has changed. Choose it again where it is now.',
    notAllowed: 'The browser was not allowed to do this. Try again, and allow it when it asks.',
  },
  zh: {
    network: '无法获取。请检查此设备是否联网，然后重试。',
    modelFailed: '无法打开模型，因此无法读取图片。请重新加载页面重试。',
    fileGone: '此文件已不在原处或已被更改。请从现在的位置重新选择。',
    notAllowed: '浏览器未获准执行此操作。请重试，并在浏览器询问时允许。',
  },
});

/** Why nothing can be done without the model. */
export const modelFailed = (): string => other.value.modelFailed;

/** An error in a person's words, and its own words where they say more. */
export interface ErrorText {
  text: string;
  detail?: string;
}

/**
 * Errors of the library are told by their code, failed fetches as such, in the person's language; others were written for
 * people already.
 */
export function errorText(error: unknown): ErrorText {
  const message = error instanceof Error ? error.message : String(error);
  const code = (error as { code?: unknown } | null)?.code;
  if (typeof code === 'string' && Object.hasOwn(sentences.value, code))
    return { text: sentences.value[code as ErrorCode], detail: message };
  const name = error instanceof DOMException ? error.name : '';
  if (name === 'NotFoundError' || name === 'NotReadableError')
    return { text: other.value.fileGone, detail: message };
  if (name === 'NotAllowedError' || name === 'SecurityError')
    return { text: other.value.notAllowed, detail: message };
  if (name === 'QuotaExceededError') return { text: sentences.value['storage-full'], detail: message };
  // What browsers say of a fetch that got no answer.
  if (error instanceof TypeError && /fetch|load failed|network/i.test(message))
    return { text: other.value.network, detail: message };
  return { text: message };
}
