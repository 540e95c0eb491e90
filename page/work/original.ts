import { type PictureHeader, readPictureHeader } from './picture-header.ts';

/** A whole picture, decoded and ready to be shown without a pause. */
export interface Original {
  /** The element itself: another one might decode it again. */
  readonly image: HTMLImageElement;
  /** Pixels of the picture as the library sees it. */
  readonly width: number;
  readonly height: number;
  /** How what the browser shows has to be turned to be what the library sees: EXIF's numbers, 1 (not at all) … 8. */
  readonly turn: number;
  readonly byteLength: number;
}

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

/** Pictures that are kept decoded: the query, the one that is shown, one to either side, and the last one. */
const mostKept = 6;
const kept = new Map<string, { original: Promise<Original>; release(): void }>();

/**
 * Reads and decodes a whole picture; rejects where that cannot be done. The last few are kept.
 *
 * @param url where it is
 * @param file its file, where the page has it
 */
export function originalOf(url: string, file?: Blob): Promise<Original> {
  const there = kept.get(url);
  if (there) {
    // The one that was wanted last is the last one to go.
    kept.delete(url);
    kept.set(url, there);
    return there.original;
  }
  const controller = new AbortController();
  let own = '';
  const read = async (): Promise<Original> => {
    const blob = file ?? (await fetchBlob(url, controller.signal));
    const image = new Image();
    image.draggable = false;
    own = URL.createObjectURL(blob);
    image.src = own;
    const [header] = await Promise.all([readPictureHeader(blob), image.decode()]);
    const { naturalWidth, naturalHeight } = image;
    const orientation = header?.orientation ?? 1;
    const isTurned = header?.isExif === true && (await browserTurns(header.format));
    const stored = header ?? { width: naturalWidth, height: naturalHeight };
    const [width, height] = orientation >= 5 ? [stored.height, stored.width] : [stored.width, stored.height];
    return { image, width, height, turn: isTurned ? 1 : orientation, byteLength: blob.size };
  };
  const original = read();
  const release = (): void => {
    controller.abort();
    original.catch(() => {}).finally(() => URL.revokeObjectURL(own));
  };
  kept.set(url, { original, release });
  // It may be there the next time that somebody looks.
  original.catch(() => {
    if (kept.get(url)?.original === original) kept.delete(url);
    URL.revokeObjectURL(own);
  });
  for (const [oldest, { release }] of kept) {
    if (kept.size <= mostKept) break;
    kept.delete(oldest);
    release();
  }
  return original;
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
