import type { Picture } from '../../state/pictures.ts';
import { smallSource } from '../../state/small-pictures.ts';

/** Pixels of a cell's side, and cells of a sheet's side: a sheet takes 16 MB. */
const cell = 48;
const perSide = 42;
/** Beyond these, pictures are dots. */
const maxSheets = 8;
/** Larger copies, for those that are near. */
const largeSide = 240;
const maxLarge = 120;
const atOnce = 6;

/** A place to draw at: its middle, and its size. */
export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

interface Tile {
  source: string;
  /** Which cell; −1 where it could not be read. */
  at: number;
  width: number;
  height: number;
  colour: string;
}

/** Small copies of pictures, side by side on a few sheets, to be drawn many at a time. */
export class Tiles {
  readonly #onLoad: () => void;
  readonly #sheets: OffscreenCanvasRenderingContext2D[] = [];
  readonly #tiles = new Map<string, Tile>();
  /** The last used is the last. */
  readonly #large = new Map<string, ImageBitmap>();
  #next = 0;
  #wanted: Picture[] = [];
  #wantedLarge: Picture[] = [];
  #busy = 0;
  readonly #mean = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true })!;

  /** @param onLoad called when there is more to draw */
  constructor(onLoad: () => void) {
    this.#onLoad = onLoad;
  }

  /** The mean colour of a picture, once its copy is there. */
  colourOf({ id }: Picture): string | undefined {
    return this.#tiles.get(id)?.colour || undefined;
  }

  /** Draws a copy into a cell, uncropped; answers how large it is then. */
  draw(
    context: CanvasRenderingContext2D,
    { id }: Picture,
    { x, y, width: across, height: down, isLarge }: Box & { isLarge: boolean },
  ): { width: number; height: number } | undefined {
    const tile = this.#tiles.get(id);
    if (!tile || tile.at < 0) return undefined;
    const scale = Math.min(across / tile.width, down / tile.height);
    const [width, height] = [tile.width * scale, tile.height * scale];
    const to = [x - width / 2, y - height / 2, width, height] as const;
    const large = isLarge ? this.#large.get(id) : undefined;
    if (large) context.drawImage(large, ...to);
    else {
      const [left, top] = placeOf(tile.at);
      const sheet = this.#sheets[Math.floor(tile.at / perSide ** 2)]!.canvas;
      context.drawImage(sheet, left, top, tile.width, tile.height, ...to);
    }
    return { width, height };
  }

  /** Says what is seen: copies of it are made, of no other. */
  want(seen: readonly Picture[], near: readonly Picture[]): void {
    this.#wanted = seen.filter((picture) => {
      const tile = this.#tiles.get(picture.id);
      const source = smallSource(picture);
      return source !== '' && (!tile || tile.source !== source);
    });
    this.#wantedLarge = near.slice(0, maxLarge).filter(({ id }) => !this.#large.has(id));
    while (this.#busy < atOnce && this.#step()) this.#busy++;
  }

  #step(): boolean {
    const small = this.#wanted.shift();
    if (small) {
      void this.#load(small);
      return true;
    }
    const large = this.#wantedLarge.shift();
    if (large) {
      void this.#loadLarge(large);
      return true;
    }
    return false;
  }

  #done(): void {
    this.#busy--;
    this.#onLoad();
    while (this.#busy < atOnce && this.#step()) this.#busy++;
  }

  async #load(picture: Picture): Promise<void> {
    const { id, width, height } = picture;
    const source = smallSource(picture);
    const before = this.#tiles.get(id);
    const at = before && before.at >= 0 ? before.at : this.#next;
    const unread: Tile = { source, at: -1, width: 1, height: 1, colour: '' };
    this.#tiles.set(id, unread);
    try {
      if (at >= maxSheets * perSide ** 2) return;
      if (at === this.#next) this.#next++;
      const bitmap = await shrink(source, cell, width && height ? width / height : undefined);
      const [left, top] = placeOf(at);
      const sheet = this.#sheetOf(at);
      sheet.clearRect(left, top, cell, cell);
      sheet.drawImage(bitmap, left, top);
      this.#mean.clearRect(0, 0, 1, 1);
      this.#mean.drawImage(bitmap, 0, 0, 1, 1);
      const [red, green, blue] = this.#mean.getImageData(0, 0, 1, 1).data;
      const colour = `rgb(${red} ${green} ${blue})`;
      this.#tiles.set(id, { source, at, width: bitmap.width, height: bitmap.height, colour });
      bitmap.close();
    } catch {
      // What the browser cannot read stays a dot.
    } finally {
      this.#done();
    }
  }

  async #loadLarge(picture: Picture): Promise<void> {
    const { id, width, height } = picture;
    try {
      const ratio = width && height ? width / height : undefined;
      const bitmap = await shrink(smallSource(picture), largeSide, ratio);
      this.#large.get(id)?.close();
      this.#large.set(id, bitmap);
      for (const [oldest, { close }] of this.#large) {
        if (this.#large.size <= maxLarge) break;
        close.call(this.#large.get(oldest));
        this.#large.delete(oldest);
      }
    } catch {
      // The small copy has to do.
    } finally {
      this.#done();
    }
  }

  #sheetOf(at: number): OffscreenCanvasRenderingContext2D {
    const n = Math.floor(at / perSide ** 2);
    this.#sheets[n] ??= new OffscreenCanvas(cell * perSide, cell * perSide).getContext('2d')!;
    return this.#sheets[n];
  }
}

/** Where a cell is on its sheet. */
function placeOf(at: number): [left: number, top: number] {
  const n = at % perSide ** 2;
  return [(n % perSide) * cell, Math.floor(n / perSide) * cell];
}

/** A picture whose longer side has at most so many pixels. Decoding and shrinking are not the main thread's. */
async function shrink(source: string, side: number, ratio: number | undefined): Promise<ImageBitmap> {
  const response = await fetch(source);
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
  const blob = await response.blob();
  const known = ratio ?? 1;
  const options: ImageBitmapOptions = { resizeQuality: 'medium' };
  if (known >= 1) options.resizeWidth = side;
  else options.resizeHeight = side;
  const bitmap = await createImageBitmap(blob, options);
  if (Math.max(bitmap.width, bitmap.height) <= side) return bitmap;
  // Its ratio was not known, or the browser does not shrink.
  const scale = side / Math.max(bitmap.width, bitmap.height);
  const width = Math.max(1, Math.round(bitmap.width * scale));
  const height = Math.max(1, Math.round(bitmap.height * scale));
  const smaller = new OffscreenCanvas(width, height);
  smaller.getContext('2d')!.drawImage(bitmap, 0, 0, width, height);
  bitmap.close();
  return smaller.transferToImageBitmap();
}
