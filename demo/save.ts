import { make } from './dom.ts';

/** Saves contents as a file, where the browser saves downloads. */
export function save(name: string, contents: Blob): void {
  const url = URL.createObjectURL(contents);
  make('a', { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
