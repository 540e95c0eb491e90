/** A folder that was given to the page, as it is stored. */
export interface StoredCollection {
  key: string;
  /** The folder's name. */
  name: string;
  /** Which pictures it belongs to: a served index's, or the person's own. */
  place: string;
  /** When it was opened last, in milliseconds since 1970. */
  opened: number;
  /** Where the browser lets a page keep it. */
  handle?: FileSystemDirectoryHandle;
  /** The person stopped reading it: it does not go on by itself. */
  isPaused?: boolean;
}

/** A file of such a folder, as it was when it was looked at last. */
export interface StoredFile {
  collection: string;
  /** From the folder's name on. */
  path: string;
  /** Of its picture; differs from the path where another picture had that. */
  id: string;
  size: number;
  modified: number;
  /** It is no picture by its name, or the person took its picture out: it is not read. */
  isLeftOut?: boolean;
}
