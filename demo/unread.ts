import { pictureEndings, unreadFormatOf } from '../src/image/endings.ts';
import type { Unread } from './given.ts';
import { alertPerson } from './views.ts';

/** Why a file is not taken for a picture by its name and type; `undefined` where its bytes have to tell. */
export function whyNotPicture(path: string, type: string): string | undefined {
  const name = path.split('/').at(-1)!;
  if (name.startsWith('.')) return 'hidden';
  const format = unreadFormatOf(name);
  if (format) return `${format.name} is not read: ${format.advice}`;
  if (type.startsWith('image/') || pictureEndings.test(name) || !name.includes('.')) return undefined;
  return 'not a picture';
}

const maxNames = 10;

/** Names what was given and is not there, by the reason. */
export function tellUnread(unread: readonly Unread[], given: number): void {
  if (unread.length === 0) return;
  const byReason = Map.groupBy(unread, ({ why }) => why);
  const lines = [...byReason].map(([why, those]) => {
    const names = those.slice(0, maxNames).map(({ path }) => path);
    const more = those.length - names.length;
    return `${names.join(', ')}${more > 0 ? ` and ${more} more` : ''}: ${why}`;
  });
  alertPerson(
    `${unread.length} of ${given} files ${unread.length === 1 ? 'is' : 'are'} not among the pictures:`,
    lines,
  );
}
