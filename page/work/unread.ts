import { pictureEndings, unreadFormatOf } from '../../src/image/endings.ts';
import { alertPerson } from '../state/tasks.ts';
import { workTexts } from '../texts/work.ts';
import type { Unread } from './given.ts';

/** Why a file is not taken for a picture by its name and type; `undefined` where its bytes have to tell. */
export function whyNotPicture(path: string, type: string): string | undefined {
  const name = path.split('/').at(-1)!;
  if (name.startsWith('.')) return workTexts.value.hidden;
  const format = unreadFormatOf(name);
  if (format) return workTexts.value.unreadFormat(format.name, format.advice);
  if (type.startsWith('image/') || pictureEndings.test(name) || !name.includes('.')) return undefined;
  return workTexts.value.notPicture;
}

const maxNames = 10;

/** Names what was given and is not there, by the reason. */
export function tellUnread(unread: readonly Unread[], given: number): void {
  if (unread.length === 0) return;
  const byReason = Map.groupBy(unread, ({ why }) => why);
  const lines = [...byReason].map(([why, those]) =>
    workTexts.value.unreadLine(
      those.slice(0, maxNames).map(({ path }) => path),
      those.length,
      why,
    ),
  );
  alertPerson(workTexts.value.unread(unread.length, given), lines);
}
