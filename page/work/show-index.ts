import { search } from '../state/library.ts';
import { changePictures, readMeta } from '../state/pictures.ts';
import { entriesOf } from './entries.ts';
import { sampleUrlOf } from './sample-list.ts';

/** Takes over what the index holds, e.g. when it was opened. Pictures that it does not hold are not indexed. */
export async function showIndex(): Promise<void> {
  const entries = await entriesOf(search.value!);
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
