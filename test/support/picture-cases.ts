// What `decode` makes of the files that scripts/fixtures/pictures.py writes: in Node, and in the page that the test opens.
import { LikenessError } from '../../src/base/errors.ts';
import { resize } from '../../src/image/resize.ts';
import type { decode as browserDecode } from './browser-decode.ts';
import { dropAlpha, sha256 } from './pictures.ts';

interface Seen {
  size: [number, number];
  rgb: string;
  rgb24x20: string;
  rgb80x90: string;
}

export interface PictureCase {
  file: string;
  /** `equal`: to Pillow; `either`: that, or refused; else refused with these words. */
  want: string;
  /** Pillow's. */
  error?: string;
  stored?: Seen;
  upright?: Seen;
}

/** What Pillow tells of a file, too; or the message that it is refused with. */
export type PictureAnswer = { stored: Seen; upright: Seen } | { refused: string };

export async function answerTo(decode: typeof browserDecode, bytes: Uint8Array): Promise<PictureAnswer> {
  const see = async (orient: boolean): Promise<Seen> => {
    const pixels = await decode(bytes, { orient });
    const { width, height } = pixels;
    const at = (w: number, h: number) =>
      sha256(dropAlpha(resize(pixels, { width: w, height: h, resample: 'bicubic' })));
    return {
      size: [width, height],
      rgb: await at(width, height),
      rgb24x20: await at(24, 20),
      rgb80x90: await at(80, 90),
    };
  };
  try {
    return { stored: await see(false), upright: await see(true) };
  } catch (error) {
    if (error instanceof LikenessError && error.code === 'bad-image') return { refused: error.message };
    throw error;
  }
}

/** What is wrong with an answer; undefined where it is right. */
export function faultOf(
  { want, error, stored, upright }: PictureCase,
  answer: PictureAnswer,
): string | undefined {
  if ('refused' in answer) {
    if (want === 'equal') return `refused: ${answer.refused}`;
    if (/\n/.test(answer.refused)) return 'refused in several lines';
    return want === 'either' || new RegExp(want).test(answer.refused)
      ? undefined
      : `refused as ${answer.refused}`;
  }
  if (want !== 'equal' && want !== 'either') return 'read';
  if (error) return;
  if (JSON.stringify(answer.stored) !== JSON.stringify(stored)) return 'unlike Pillow';
  return JSON.stringify(answer.upright) === JSON.stringify(upright)
    ? undefined
    : 'not turned as Pillow turns it';
}
