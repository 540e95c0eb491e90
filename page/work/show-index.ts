import type { Entry } from 'likeness-search';
import { search } from '../state/library.ts';
import { changePictures, readMeta } from '../state/pictures.ts';
import { sampleUrlOf } from './sample-list.ts';
import { Turns } from './turns.ts';

/** Entries hold small pictures, some 15 kB each: more at a time would hold up the page while they arrive. */
const atOnce = 200;

/** All entries of the index, some at a time. */
async function allEntries(): Promise<Entry[]> {
  const entries: Entry[] = [];
  const turns = new Turns();
  const library: { entries(page: { offset: number; limit: number }): Promise<Entry[]>; size: number } =
    search.value!;
  for (;;) {
    const part = await library.entries({ offset: entries.length, limit: atOnce });
    for (const entry of part) entries.push(entry);
    if (part.length < atOnce || entries.length >= library.size) return entries;
    await turns.next();
  }
}

/** Takes over what the index holds, e.g. when it was opened. Pictures that it does not hold are not indexed. */
export async function showIndex(): Promise<void> {
  const entries = await allEntries();
  changePictures((map) => {
    for (const [id, picture] of map) if (picture.indexed) map.set(id, { ...picture, indexed: false });
    for (const { id, meta, hash } of entries) {
      const kept = readMeta(meta);
      // A file of the person's has a size; the page's samples can be read again.
      const url = kept.byteLength === undefined ? (sampleUrlOf(id) ?? '') : '';
      const before = map.get(id) ?? { id, url, thumbnail: '' };
      map.set(id, { ...before, ...kept, ...(hash === undefined ? {} : { hash }), indexed: true });
    }
    // A small picture alone is none to be indexed: what left the index and cannot be read is gone.
    for (const [id, { indexed, url, file }] of map) if (!indexed && url === '' && !file) map.delete(id);
  });
}
