/** A file with the path that the person knows it by: within a folder, from the folder's name on. */
export interface GivenFile {
  path: string;
  file: File;
}

/** A file that is not taken, and why not. */
export interface Unread {
  path: string;
  why: string;
  /** It is a folder: what it holds is not known. */
  isFolder?: boolean;
}

/** What a person gave the page: chose, dropped or pasted. */
export interface Given {
  files: GivenFile[];
  /** What could not even be opened. */
  unread: Unread[];
  /** Whether a folder was among it. */
  folder: boolean;
  /** Folders that the browser lets the page keep, by their names. */
  handles?: Map<string, FileSystemDirectoryHandle>;
}
