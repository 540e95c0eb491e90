import type { AddReport, ImageSearch, Item } from 'likeness-search';
import { Pace } from '../state/pace.ts';
import {
  changePictures,
  imageOf,
  type KeptMeta,
  missing,
  type Picture,
  pictures,
} from '../state/pictures.ts';
import type { ShowProgress } from '../state/tasks.ts';
import { changeToRead, toGoCount, toRead } from '../state/to-read.ts';
import { unreadPictures } from '../state/unread.ts';
import { isNotOpened } from '../texts/unreadable.ts';
import { workTexts } from '../texts/work.ts';
import { bitmapOf, isBrowsersByName } from './browser-formats.ts';
import { keep } from './thumbnails/keep.ts';
import { Turns } from './turns.ts';
import { forgetUnread } from './unread.ts';

/** A part takes about this long: progress moves, and the library has enough to do. */
const partMs = 600;
const maxPart = 32;
/** Files of a part have about so many bytes at most, and their pictures so many pixels: decoded ones take four bytes each. */
const partBytes = 6 << 20;
const partPixels = 12e6;
/**
 * Parts that the library has at a time: the next one is there when one is done. Large pictures go one by one: the library
 * holds four bytes of each pixel two or three times, and a small picture is made beside it.
 */
const atOnce = 2;
const pixelsAtOnce = 16e6;
/** How much of the work a small picture is, beside reading its features. */
const smallShare = 0.3;

/** While another tab has the index, it is tried again so often. */
const lockedMs = 700;

/** Progress is told so often. */
const tellMs = 100;

/** A picture that could not be read. */
export interface Refused {
  picture: Picture;
  why: string;
  /** Whether its content is the reason: it will not be read another time either. */
  isContent: boolean;
}

interface Prepared {
  picture: Picture;
  kept: KeptMeta | undefined;
  item: Item;
}

/**
 * Reads the pictures that are to be read into the index, in the order in which they were given; those that are given meanwhile
 * too. Small pictures of the next part are made while the library has those of this one. What was added before a cancel
 * stays.
 */
export class Reading {
  readonly #search: ImageSearch;
  readonly #signal: AbortSignal;
  readonly #show: ShowProgress;
  /** Whether pictures that are shown already, but are not in the index, are read too. */
  readonly #withShown: boolean;
  readonly #pace = new Pace(0, 0, performance.now());
  /** By their files; those without by their ids. */
  readonly #taken = new Set<File | string>();
  readonly refused: Refused[] = [];
  added = 0;
  /** How many pictures of each call under way are done. */
  readonly #underway = new Map<object, number>();
  /** Small pictures of those that are not done. */
  #ahead = 0;
  #perPart = 1;
  #told = 0;
  /** Of the pictures that the library has. */
  #pixels = 0;
  /** Whether another tab has the index. */
  #isHeldUp = false;

  constructor(search: ImageSearch, signal: AbortSignal, show: ShowProgress, withShown: boolean) {
    this.#search = search;
    this.#signal = signal;
    this.#show = show;
    this.#withShown = withShown;
  }

  async run(): Promise<void> {
    const running = new Set<Promise<void>>();
    let failure: { error: unknown } | undefined;
    this.#tell();
    while (!failure && !this.#signal.aborted) {
      const part = this.#take();
      if (part.length === 0 && running.size === 0) break;
      const groups = grouped(await Promise.all(part.map((picture) => this.#prepare(picture))));
      for (const group of groups) {
        while (running.size >= atOnce || (running.size > 0 && this.#pixels + pixelsOf(group) > pixelsAtOnce))
          await Promise.race(running);
        if (failure || this.#signal.aborted) break;
        const adding: Promise<void> = this.#add(group)
          .catch((error) => {
            failure ??= { error };
          })
          .finally(() => {
            running.delete(adding);
            this.#pixels -= pixelsOf(group);
          });
        running.add(adding);
        this.#pixels += pixelsOf(group);
        // Beside one that is very large, not even a small picture is made.
        if (pixelsOf(group) > pixelsAtOnce) await adding;
      }
      if (part.length === 0) await Promise.race(running);
    }
    await Promise.all(running);
    if (failure) throw failure.error;
    this.#signal.throwIfAborted();
  }

  /** The next pictures that are to be read; none where all are under way. */
  #take(): Picture[] {
    const part: Picture[] = [];
    let bytes = 0;
    const isFull = (picture: Picture): boolean => {
      if (this.#taken.has(keyOf(picture))) return false;
      const size = picture.file?.size ?? 0;
      if (part.length >= this.#perPart || (part.length > 0 && bytes + size > partBytes)) return true;
      bytes += size;
      part.push(picture);
      return false;
    };
    for (const picture of toRead.value.values()) if (isFull(picture)) break;
    if (this.#withShown && part.length === 0) missing.value.some(isFull);
    for (const picture of part) this.#taken.add(keyOf(picture));
    return part;
  }

  async #prepare(picture: Picture): Promise<Prepared> {
    const kept = await keep(picture);
    this.#ahead++;
    this.#tell();
    const { id, file } = picture;
    const bitmap = file && isBrowsersByName(id) ? await bitmapOf(file).catch(() => undefined) : undefined;
    const image = bitmap ?? imageOf(picture);
    return { picture, kept, item: { id, image, ...(kept ? { meta: { ...kept } } : {}) } };
  }

  async #add(group: readonly Prepared[]): Promise<void> {
    const began = performance.now();
    let report: AddReport;
    try {
      report = await this.#addWhenFree(
        group.map(({ item }) => item),
        (done) => {
          this.#underway.set(group, done);
          this.#tell();
        },
      );
    } catch (error) {
      await this.#keepAdded(group);
      throw error;
    } finally {
      for (const { item } of group)
        if ('image' in item && item.image instanceof ImageBitmap) item.image.close();
    }
    const refused = await this.#tryBitmaps(group, report);
    this.#underway.delete(group);
    this.#ahead -= group.length;
    await this.#finish(group.filter(({ picture: { id } }) => !refused.has(id)));
    this.#refuse(group, refused);
    const perPicture = (performance.now() - began) / group.length / atOnce;
    // It grows by steps: the first part is one picture.
    this.#perPart = Math.max(1, Math.min(maxPart, this.#perPart * 2, Math.floor(partMs / perPicture)));
    this.#tell();
  }

  /** Another tab may be adding pictures to the same index: this one waits until it is done. */
  async #addWhenFree(items: readonly Item[], onDone: (done: number) => void): Promise<AddReport> {
    for (;;) {
      try {
        const onProgress = ({ done }: { done: number }): void => onDone(done);
        const report = await this.#search.add(items, { signal: this.#signal, onProgress });
        this.#isHeldUp = false;
        return report;
      } catch (error) {
        if ((error as { code?: unknown }).code !== 'locked' || this.#signal.aborted) throw error;
        this.#isHeldUp = true;
        onDone(0);
        await new Promise((done) => setTimeout(done, lockedMs));
      }
    }
  }

  /** Those that the library refused: some are of formats that only the browser reads, whatever their names say. */
  async #tryBitmaps(
    group: readonly Prepared[],
    { failed }: AddReport,
  ): Promise<Map<string, AddReport['failed'][number]['error']>> {
    const refused = new Map(failed.map(({ id, error }) => [id, error]));
    for (const { picture, item } of group) {
      const { file, id } = picture;
      if (refused.get(id)?.code !== 'bad-image' || !file || !('image' in item) || item.image !== file)
        continue;
      const image = await bitmapOf(file).catch(() => undefined);
      if (!image) continue;
      const again = await this.#search.add([{ ...item, image }], { signal: this.#signal });
      image.close();
      if (again.failed.length === 0) refused.delete(id);
    }
    return refused;
  }

  /** After a cancel: what had been added by then. */
  async #keepAdded(group: readonly Prepared[]): Promise<void> {
    const there = await Promise.all(
      group.map(async (one) => {
        // One that was there before, with another content, may not have been replaced.
        const isNew = toRead.value.has(one.picture.id) && !pictures.value.get(one.picture.id)?.indexed;
        return isNew && (await this.#search.has(one.picture.id).catch(() => false)) ? [one] : [];
      }),
    );
    await this.#finish(there.flat());
  }

  async #finish(group: readonly Prepared[]): Promise<void> {
    const urls = new Map<Picture, string>();
    const turns = new Turns();
    for (const { picture } of group) {
      // The browser's own process is asked for each: some milliseconds where it is busy.
      await turns.next();
      const { file, id } = picture;
      if (file && pictures.value.get(id)?.file !== file) urls.set(picture, URL.createObjectURL(file));
    }
    this.added += group.length;
    changePictures((map) => {
      for (const { picture, kept } of group) {
        const before = map.get(picture.id);
        const { failed: _, hash: __, ...rest } = { ...before, ...picture, ...kept };
        const url = urls.get(picture) ?? (picture.url || (before?.url ?? ''));
        map.set(picture.id, { ...rest, url, indexed: true });
      }
    });
    void forgetUnread(group.map(({ picture: { id } }) => id).filter((id) => unreadPictures.value.has(id)));
    changeToRead((map) => {
      for (const { picture } of group) if (map.get(picture.id)?.file === picture.file) map.delete(picture.id);
    });
  }

  #refuse(
    group: readonly Prepared[],
    refused: ReadonlyMap<string, AddReport['failed'][number]['error']>,
  ): void {
    if (refused.size === 0) return;
    for (const { picture } of group) {
      const error = refused.get(picture.id);
      const isContent = error?.code === 'bad-image' && !isNotOpened(error.message);
      if (error) this.refused.push({ picture, why: error.message, isContent });
    }
    changeToRead((map) => {
      for (const { picture } of this.refused)
        if (map.get(picture.id)?.file === picture.file) map.delete(picture.id);
    });
    // One that is shown stays, e.g. of the server; it says why a query cannot find it.
    changePictures((map) => {
      for (const [id, { message }] of refused) {
        const shown = map.get(id);
        if (shown) map.set(id, { ...shown, failed: message });
      }
    });
  }

  #tell(): void {
    const now = performance.now();
    if (now - this.#told < tellMs) return;
    this.#told = now;
    const left = this.#withShown ? toGoCount.value : toRead.value.size;
    const finished = this.added + this.refused.length;
    const total = finished + left;
    let done = finished;
    for (const count of this.#underway.values()) done += count;
    if (this.#isHeldUp) {
      this.#show(undefined, workTexts.value.otherTab);
      return;
    }
    const work = Math.min(total, done + smallShare * Math.max(0, finished + this.#ahead - done));
    this.#show(total === 0 ? undefined : work / total, this.#pace.describe(done, now, total, work));
  }
}

const keyOf = ({ file, id }: Picture): File | string => file ?? id;

const pixelsOf = (group: readonly Prepared[]): number =>
  group.reduce((sum, { kept }) => sum + (kept?.width ?? 0) * (kept?.height ?? 0), 0);

/** Parts that the library takes at once: so many pixels each, at least one picture. */
function grouped(prepared: readonly Prepared[]): Prepared[][] {
  const groups: Prepared[][] = [];
  for (const one of prepared) {
    const last = groups.at(-1);
    if (last && pixelsOf([...last, one]) <= partPixels) last.push(one);
    else groups.push([one]);
  }
  return groups;
}
