import { bilingual, formatCount } from './language.ts';

/** What work in the background says. */
export const workTexts = bilingual({
  en: {
    hidden: 'hidden',
    notPicture: 'not a picture',
    unreadFormat: (format: string, advice: string) => `${format} is not read: ${advice}`,
    unreadLine: (names: readonly string[], count: number, why: string) =>
      `${names.join(', ')}${count > names.length ? ` and ${formatCount(count - names.length)} more` : ''}: ${why}`,
    unread: (count: number, given: number) =>
      `${formatCount(count)} of ${formatCount(given)} files ${count === 1 ? 'is' : 'are'} not among the pictures:`,
    otherTab: 'Another tab is adding pictures. This one goes on when it is done.',
    noFiles: 'There are no files in what was given.',
    indexing: 'Reading pictures',
    taking: 'Getting the pictures ready',
    opening: (model: string) => `Opening ${model}`,
    downloading: (model: string, done: string, total: string) => `Downloading ${model}: ${done} of ${total}`,
    reading: (model: string, done: string, total: string) =>
      `Reading ${model} from this device: ${done} of ${total}`,
    progress: (done: number, total: number) => `${formatCount(done)} of ${formatCount(total)}`,
    perSecond: (rate: string) => `${rate} a second`,
    left: (time: string) => `${time} left`,
    seconds: (count: number) => `${count} s`,
    minutes: (count: number) => `${count} min`,
    hours: (hours: number, minutes: number) => `${hours} h ${minutes} min`,
    indexed: (count: number) =>
      `${formatCount(count)} more ${count === 1 ? 'picture' : 'pictures'} can be found now.`,
    stopped: (count: number, left: number) =>
      `Stopped. ${formatCount(count)} more ${count === 1 ? 'picture' : 'pictures'} can be found; ${formatCount(left)} to go.`,
    looking: (done: number, total: number) =>
      `Looking at files: ${formatCount(done)} of ${formatCount(total)}`,
    listing: (folder: string, count: number) => `Looking through ${folder}: ${formatCount(count)} files`,
    stillUnread: (count: number) =>
      `${formatCount(count)} ${count === 1 ? 'file that' : 'files that'} could not be read before ${count === 1 ? 'is' : 'are'} passed over.`,
    tryAgain: 'Try again',
    takingOut: 'Taking pictures out of the index',
    tookOut: (count: number) =>
      `${formatCount(count)} ${count === 1 ? 'picture was' : 'pictures were'} taken out of the index.`,
    undo: 'Undo',
    restored: (count: number) => `${formatCount(count)} ${count === 1 ? 'picture is' : 'pictures are'} back.`,
    otherNow: 'Another model is used now. Choose the one of before, then undo.',
  },
  zh: {
    hidden: '隐藏文件',
    notPicture: '不是图片',
    unreadFormat: (format: string, advice: string) => `无法读取 ${format}：${advice}`,
    unreadLine: (names: readonly string[], count: number, why: string) =>
      `${names.join('、')}${count > names.length ? ` 等 ${formatCount(count)} 个文件` : ''}：${why}`,
    unread: (count: number, given: number) =>
      `${formatCount(given)} 个文件中有 ${formatCount(count)} 个未加入：`,
    otherTab: '另一个标签页正在添加图片，完成后会在此继续。',
    noFiles: '其中没有文件。',
    indexing: '正在读取图片',
    taking: '正在准备图片',
    opening: (model: string) => `正在打开 ${model}`,
    downloading: (model: string, done: string, total: string) => `正在下载 ${model}：${done} / ${total}`,
    reading: (model: string, done: string, total: string) => `正在从本设备读取 ${model}：${done} / ${total}`,
    progress: (done: number, total: number) => `${formatCount(done)} / ${formatCount(total)}`,
    perSecond: (rate: string) => `每秒 ${rate} 张`,
    left: (time: string) => `剩余 ${time}`,
    seconds: (count: number) => `${count} 秒`,
    minutes: (count: number) => `${count} 分钟`,
    hours: (hours: number, minutes: number) => `${hours} 小时 ${minutes} 分钟`,
    indexed: (count: number) => `又有 ${formatCount(count)} 张图片可以搜索。`,
    stopped: (count: number, left: number) =>
      `已停止。又有 ${formatCount(count)} 张图片可以搜索，还剩 ${formatCount(left)} 张。`,
    looking: (done: number, total: number) => `正在查看文件：${formatCount(done)} / ${formatCount(total)}`,
    listing: (folder: string, count: number) => `正在浏览“${folder}”：${formatCount(count)} 个文件`,
    stillUnread: (count: number) => `已略过 ${formatCount(count)} 个之前无法读取的文件。`,
    tryAgain: '重试',
    takingOut: '正在从索引中移除图片',
    tookOut: (count: number) => `已从索引中移除 ${formatCount(count)} 张图片。`,
    undo: '撤销',
    restored: (count: number) => `已恢复 ${formatCount(count)} 张图片。`,
    otherNow: '现在使用的是另一个模型。请先选择之前的模型，再撤销。',
  },
});
