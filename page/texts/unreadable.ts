import { unreadFormats } from '../../src/image/endings.ts';
import { adviceFor, formatName } from './advice.ts';
import { language } from './language.ts';

/** What the library says of a picture that it cannot read, in Chinese. Numbers and names of formats stay. */
const chinese: readonly [RegExp, string][] = [
  [/^truncated (\w+): .*$/s, '$1 文件不完整，请重新获取'],
  [/^broken JPEG: its data are damaged, or too large for the memory$/, 'JPEG 数据已损坏，或大小超出内存'],
  [/^broken (\w+): .*$/s, '$1 文件已损坏'],
  [/^not a picture: it is empty .*$/, '文件为空'],
  [/^not a picture: .*$/s, '不是图片'],
  [/^this (\w+) is .*, which is not read here; .*$/s, '不支持这种 $1，请另存为标准的 $1'],
  [/^this (\w+) cannot be decoded\b.*$/s, '$1 文件无法解码，可能已损坏'],
  [/^this GIF has no frame$/, 'GIF 中没有图像'],
  [/^.* is (\d+) × (\d+); no side may exceed (\d+) pixels$/, '图片尺寸为 $1 × $2，边长不能超过 $3 像素'],
  [/^.* is (\d+) × (\d+)\b.* pixels?\b.*$/s, '图片尺寸为 $1 × $2，过大或过小'],
  [/^a picture of (\d+) × (\d+) is too tall\b.*$/s, '图片尺寸为 $1 × $2，过于狭长，请先裁剪或缩小'],
  [/^the file cannot be read: .*$/s, '文件已被移动、删除或更改，请从现在的位置重新添加'],
  [/^The network gave no finite features for this picture\b.*$/s, '模型无法处理这张图片，模型可能已损坏'],
];

/** Whether it is the file that cannot be opened: of its content nothing is known. */
export const isNotOpened = (why: string): boolean => /^the file cannot be read: /.test(why);

const notOpened = 'moved, deleted or changed meanwhile; to be added again from where it is now';

/** Why a picture cannot be read, in the person's language; what is not known stays in English. */
export function unreadableText(why: string): string {
  if (language.value !== 'zh') return isNotOpened(why) ? notOpened : why;
  const format = Object.values(unreadFormats).find(({ name }) => why.startsWith(`${name} is not read`));
  if (format) return `无法读取 ${formatName(format)}：${adviceFor(format)}`;
  const known = chinese.find(([pattern]) => pattern.test(why));
  return known ? why.replace(...known) : why;
}
