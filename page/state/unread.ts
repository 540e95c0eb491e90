import { signal } from '@preact/signals';

/** A file that was given and cannot be read. */
export interface UnreadPicture {
  id: string;
  why: string;
  /** Where it was given in this visit: it can be tried again. */
  file?: File;
}

/** Files that cannot be read, by their ids. They are not tried again until the person asks. */
export const unreadPictures = signal<ReadonlyMap<string, UnreadPicture>>(new Map());

export function changeUnread(change: (map: Map<string, UnreadPicture>) => void): void {
  const map = new Map(unreadPictures.value);
  change(map);
  unreadPictures.value = map;
}
