import { findOrientation } from './exif.ts';

/** Unpacks a zlib stream that comes in parts, piece by piece; `return` may come before the end. */
export type Inflate = (parts: Uint8Array<ArrayBuffer>[]) => AsyncIterator<Uint8Array, void>;

const RAW_PROFILE = 'Raw profile type exif';
const XMP = 'XML:com.adobe.xmp';

/** Pillow refuses longer texts. */
const MAX_TEXT = 1 << 20;

const latin1 = new TextDecoder('latin1');

interface Text {
  data: Uint8Array<ArrayBuffer>;
  isPacked: boolean;
}

/** Where the terminating zero of a string is. */
const zeroAt = (bytes: Uint8Array, from: number): number => {
  const at = bytes.indexOf(0, from);
  return at < 0 ? bytes.length : at;
};

/** The texts of a PNG file that may hold its orientation: EXIF data as ImageMagick writes them, and Adobe's XMP. */
export class PngTexts {
  #texts = new Map<string, Text>();

  /** @param body the data of the chunk */
  add(type: 'tEXt' | 'zTXt' | 'iTXt', body: Uint8Array<ArrayBuffer>): void {
    const end = zeroAt(body, 0);
    const name = latin1.decode(body.subarray(0, end));
    if (name !== RAW_PROFILE && name !== XMP) return;
    if (type === 'tEXt') this.#texts.set(name, { data: body.subarray(end + 1), isPacked: false });
    else if (type === 'zTXt') this.#texts.set(name, { data: body.subarray(end + 2), isPacked: true });
    else {
      // Before the text: packed or not, how, a language, the name in that language.
      const start = zeroAt(body, zeroAt(body, end + 3) + 1) + 1;
      this.#texts.set(name, { data: body.subarray(start), isPacked: body[end + 1] !== 0 });
    }
  }

  async #read(name: string, inflate: Inflate): Promise<string> {
    const text = this.#texts.get(name);
    if (!text) return '';
    if (!text.isPacked) return latin1.decode(text.data);
    const inflated = inflate([text.data]);
    let read = '';
    try {
      for (let next = await inflated.next(); !next.done; next = await inflated.next()) {
        read += latin1.decode(next.value);
        if (read.length > MAX_TEXT) return '';
      }
    } catch {
      return '';
    } finally {
      await inflated.return?.();
    }
    return read;
  }

  /**
   * The orientation in the texts, or 1.
   *
   * @param withProfile whether EXIF data in a text count: only if the file has none in a chunk of their own
   */
  async orientation(withProfile: boolean, inflate: Inflate): Promise<number> {
    if (this.#texts.size === 0) return 1;
    if (withProfile) {
      // An empty line, the kind of data, their length, then hexadecimal digits.
      const digits = (await this.#read(RAW_PROFILE, inflate))
        .split('\n')
        .slice(3)
        .join('')
        .replace(/\s/g, '');
      if (/^([0-9a-f]{2})+$/i.test(digits)) {
        const exif = Uint8Array.from(digits.match(/../g)!, (pair) => Number.parseInt(pair, 16));
        const found = findOrientation(exif, 0, exif.length);
        if (found !== undefined) return found;
      }
    }
    const found = /tiff:Orientation(?:="|>)([0-9])/.exec(await this.#read(XMP, inflate));
    return found ? Number(found[1]) : 1;
  }
}
