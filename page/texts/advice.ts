import { type UnreadFormat, unreadFormats } from '../../src/image/endings.ts';
import { bilingual } from './language.ts';

const { heic, jxl, jp2, psd, xcf, raw, svg, icon, netpbm, jxr, hdr, targa } = unreadFormats;

const heicHere =
  'convert it to JPEG (on the phone or Mac, export it as “Most Compatible”), or open this page in Safari, which reads it';
const save = '请用生成它的程序另存为 JPEG、PNG 或 TIFF';

/** What to do with a file of a format that is not read here, by the format. */
const advices = bilingual<ReadonlyMap<UnreadFormat, string>>({
  en: new Map([[heic, heicHere]]),
  zh: new Map([
    [heic, '请转换为 JPEG（在手机或 Mac 上以“兼容性最佳”导出），或用可读取它的 Safari 打开此页面'],
    [jxl, '请转换为 JPEG 或 PNG'],
    [jp2, '请转换为 PNG'],
    [psd, save],
    [xcf, save],
    [raw, '请冲印导出为 JPEG、PNG 或 TIFF'],
    [svg, '请导出为 PNG'],
    [icon, '请另存为 PNG'],
    [netpbm, '请转换为 PNG'],
    [jxr, '请另存为 JPEG 或 PNG'],
    [hdr, '请进行色调映射后另存为 PNG'],
    [targa, '请另存为 PNG'],
  ]),
});

/** In the person's language; elsewhere the library's own words. */
export const adviceFor = (format: UnreadFormat): string => advices.value.get(format) ?? format.advice;

/** What a format is called. */
const names = bilingual<ReadonlyMap<UnreadFormat, string>>({
  en: new Map(),
  zh: new Map([
    [raw, '相机 RAW'],
    [icon, '图标'],
    [hdr, '高动态范围图片'],
  ]),
});

export const formatName = (format: UnreadFormat): string => names.value.get(format) ?? format.name;
