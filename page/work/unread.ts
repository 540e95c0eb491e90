import { pictureEndings, unreadFormatOf } from '../../src/image/endings.ts';
import { alertPerson } from '../state/tasks.ts';
import { changeUnread, type UnreadPicture } from '../state/unread.ts';
import { adviceFor, formatName } from '../texts/advice.ts';
import { unreadableText } from '../texts/unreadable.ts';
import { workTexts } from '../texts/work.ts';
import { isBrowsersByName } from './browser-formats.ts';
import type { Unread } from './given-types.ts';
import { pageStore, type RememberedFile } from './page-store.ts';

/** Why a file is not taken for a picture by its name and type; `undefined` where its bytes have to tell. */
export function whyNotPicture(path: string, type: string): string | undefined {
  const name = path.split('/').at(-1)!;
  if (name.startsWith('.')) return workTexts.value.hidden;
  if (pictureEndings.test(name) || isBrowsersByName(name)) return undefined;
  if (unreadFormatOf(name)) return whyUnreadFormat(name);
  if (type.startsWith('image/') || !name.includes('.')) return undefined;
  return workTexts.value.notPicture;
}

/** What is said of a file of a format that is not read. */
export function whyUnreadFormat(path: string): string {
  const format = unreadFormatOf(path)!;
  return workTexts.value.unreadFormat(formatName(format), adviceFor(format));
}

const maxNames = 10;

/**
 * Names what was given and is not there, by the reason.
 *
 * @param tryAgain reads those again that are pictures by their names
 */
export function tellUnread(unread: readonly Unread[], given: number, tryAgain?: () => void): void {
  if (unread.length === 0) return;
  const text = workTexts.value;
  const byReason = Map.groupBy(unread, ({ why }) => unreadableText(why));
  const own = new Set(unread.map(({ why }) => why).filter((why) => unreadableText(why) !== why));
  const lines = [...byReason].map(([why, those]) =>
    text.unreadLine(
      those.slice(0, maxNames).map(({ path }) => path),
      those.length,
      why,
    ),
  );
  alertPerson(
    text.unread(unread.length, given),
    lines,
    tryAgain && { text: text.tryAgain, run: tryAgain },
    [...own].slice(0, maxNames).join('\n'),
  );
}

let remembered: Promise<Map<string, RememberedFile>> | undefined;

/** Files that could not be read, in this visit and in earlier ones. */
export async function rememberedUnread(): Promise<Map<string, RememberedFile>> {
  remembered ??= (async () => {
    const all = (await (await pageStore())?.getAll('unread').catch(() => undefined)) ?? [];
    changeUnread((map) => {
      for (const { id, why } of all) if (!map.has(id)) map.set(id, { id, why });
    });
    return new Map(all.map((file) => [file.id, file]));
  })();
  return remembered;
}

/** Why a file could not be read before; `undefined` where it was not tried, or has changed. */
export async function whyUnreadBefore(id: string, file: File): Promise<string | undefined> {
  const before = (await rememberedUnread()).get(id);
  // Browsers ask the disk for size and date, one file after the other: not without need.
  return before?.size === file.size && before.modified === file.lastModified ? before.why : undefined;
}

/** Remembers files that cannot be read, with the reason. Where their content is it, they are not tried after a reload either. */
export async function rememberUnread(
  pictures: readonly (UnreadPicture & { isContent: boolean })[],
): Promise<void> {
  changeUnread((map) => {
    for (const picture of pictures) map.set(picture.id, picture);
  });
  const files = pictures.flatMap(({ id, why, file, isContent }): RememberedFile[] =>
    file && isContent ? [{ id, why, size: file.size, modified: file.lastModified }] : [],
  );
  const known = await rememberedUnread();
  for (const file of files) known.set(file.id, file);
  await change(async (store) => {
    for (const file of files) await store.put(file);
  });
}

/** Forgets that files could not be read: they are tried when they are given. */
export async function forgetUnread(ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  changeUnread((map) => {
    for (const id of ids) map.delete(id);
  });
  const known = await rememberedUnread();
  for (const id of ids) known.delete(id);
  await change(async (store) => {
    for (const id of ids) await store.delete(id);
  });
}

/** Where storage is full or blocked, it is remembered for this visit. */
async function change(
  work: (store: {
    put(file: RememberedFile): Promise<unknown>;
    delete(id: string): Promise<unknown>;
  }) => Promise<void>,
): Promise<void> {
  const store = await pageStore();
  if (!store) return;
  try {
    const transaction = store.transaction('unread', 'readwrite');
    await Promise.all([work(transaction.store), transaction.done]);
  } catch {}
}
