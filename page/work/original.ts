import { type PictureHeader, readPictureHeader } from './picture-header.ts';

/** A whole picture, ready to be shown. */
export interface Original {
  /** The element itself: another one might decode it again. */
  readonly image: HTMLImageElement;
  /** Pixels of the picture as the library sees it. */
  readonly width: number;
  readonly height: number;
  /** How what the browser shows has to be turned to be what the library sees: EXIF's numbers, 1 (not at all) … 8. */
  readonly turn: number;
  readonly byteLength: number;
  /**
   * Whether the browser decodes it when it draws it: as large as it is drawn, not as large as it is. It is seen a moment later
   * than it is there. Others are decoded.
   */
  readonly isDrawnLater: boolean;
}

/** From so many pixels on, a JPEG is decoded as large as it is drawn: one of 12 megapixels would take 48 MB, several times. */
const large = 3e6;

/** Pictures 2 pixels wide and 1 high whose EXIF data say that they are to be turned: those that the browser turns are 1 wide. */
const turnedByBrowser = {
  PNG: 'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAIAAAABCAAAAADRSSBWAAAAGmVYSWZNTQAqAAAACAABARIAAwAAAAEABgAAAAAAANZnS2kAAAALSURBVHjaY2BgAAAAAwABKwlNhAAAAABJRU5ErkJggg==',
  WebP: 'data:image/webp;base64,UklGRk4AAABXRUJQVlA4WAoAAAAIAAAAAQAAAAAAVlA4TA4AAAAvAQAAAAcQEf0PRET/A0VYSUYaAAAATU0AKgAAAAgAAQESAAMAAAABAAYAAAAAAAA=',
};
const turning = new Map<string, Promise<boolean>>();

function browserTurns(format: PictureHeader['format']): Promise<boolean> {
  if (format === 'JPEG') return Promise.resolve(true);
  let known = turning.get(format);
  if (!known) {
    const probe = new Image();
    probe.src = turnedByBrowser[format];
    known = probe.decode().then(
      () => probe.naturalWidth === 1,
      () => false,
    );
    turning.set(format, known);
  }
  return known;
}

/** Pictures that are kept: the query, the one that is shown, one to either side, and the last one. */
const mostKept = 6;
/**
 * Pixels of them in all, but for those that are shown: three photographs of 12 megapixels. A browser may have each pixel
 * two times, of four bytes each.
 */
const mostPixels = 37e6;

interface Kept {
  original: Promise<Original>;
  /** How many show it. */
  users: number;
  /** That are decoded. */
  pixels: number;
  release(): void;
}

/** The one that was wanted last is the last one. */
const kept = new Map<string, Kept>();

/** A picture that is shown. */
export interface Shown {
  /** Rejects where it cannot be read. */
  readonly original: Promise<Original>;
  /** Says that it is not shown any more. */
  done(): void;
}

/**
 * Reads and decodes a whole picture to show it.
 *
 * @param url where it is
 * @param file its file, where the page has it
 */
export function showOriginal(url: string, file?: Blob): Shown {
  const one = wanted(url, file);
  one.users++;
  let isShown = true;
  return {
    original: one.original,
    done: () => {
      if (isShown) one.users--;
      isShown = false;
    },
  };
}

/** Reads and decodes a picture that may be shown next. */
export function prepareOriginal(url: string, file: Blob | undefined): void {
  wanted(url, file).original.catch(() => {}); // whoever shows it hears of it
}

function wanted(url: string, file: Blob | undefined): Kept {
  const there = kept.get(url);
  if (there) {
    kept.delete(url);
    kept.set(url, there);
    return there;
  }
  const one = read(url, file);
  kept.set(url, one);
  one.original.then(
    ({ width, height, isDrawnLater }) => {
      one.pixels = isDrawnLater ? 0 : width * height;
      trim();
    },
    () => {
      // It may be there the next time that somebody looks.
      if (kept.get(url) === one) kept.delete(url);
    },
  );
  trim();
  return one;
}

/** Lets go of those that are not shown, the oldest first, until there is room. */
function trim(): void {
  for (const [url, { users, release }] of kept) {
    if (kept.size <= mostKept && pixelsOf(kept.values()) <= mostPixels) return;
    if (users > 0) continue;
    kept.delete(url);
    release();
  }
}

const pixelsOf = (some: Iterable<Kept>): number => {
  let sum = 0;
  for (const { pixels } of some) sum += pixels;
  return sum;
};

function read(url: string, file: Blob | undefined): Kept {
  const controller = new AbortController();
  const image = new Image();
  let own = '';
  const decode = async (): Promise<Original> => {
    const blob = file ?? (await fetchBlob(url, controller.signal));
    const header = await readPictureHeader(blob);
    controller.signal.throwIfAborted();
    own = URL.createObjectURL(blob);
    image.draggable = false;
    const isDrawnLater = header?.format === 'JPEG' && header.width * header.height >= large;
    image.decoding = 'async';
    image.src = own;
    await (isDrawnLater ? loaded(image) : image.decode());
    const { naturalWidth, naturalHeight } = image;
    const orientation = header?.orientation ?? 1;
    const isTurned = header?.isExif === true && (await browserTurns(header.format));
    const stored = header ?? { width: naturalWidth, height: naturalHeight };
    const [width, height] = orientation >= 5 ? [stored.height, stored.width] : [stored.width, stored.height];
    const turn = isTurned ? 1 : orientation;
    return { image, width, height, turn, byteLength: blob.size, isDrawnLater };
  };
  const original = decode();
  const revoke = (): void => URL.revokeObjectURL(own);
  original.catch(revoke);
  const release = (): void => {
    controller.abort();
    // Its pixels would stay until the garbage collector comes.
    image.removeAttribute('src');
    revoke();
  };
  return { original, users: 0, pixels: 0, release };
}

/** Rejects for what is no picture. */
function loaded(image: HTMLImageElement): Promise<void> {
  return new Promise((done, failed) => {
    image.addEventListener('load', () => done(), { once: true });
    image.addEventListener('error', () => failed(new Error('The picture cannot be decoded.')), {
      once: true,
    });
  });
}

async function fetchBlob(url: string, signal: AbortSignal): Promise<Blob> {
  const response = await fetch(url, { signal });
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
  return response.blob();
}

/** Lets go of all pictures: nothing is looked at any more. */
export function releaseOriginals(): void {
  for (const { release } of kept.values()) release();
  kept.clear();
}
