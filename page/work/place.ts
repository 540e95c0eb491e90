import { sha256 } from './hash.ts';
import { served } from './served.ts';

/** The store of this page's index; a page that shows a server's pictures has a store for these. */
export async function placeOfIndexes(): Promise<string> {
  const index = served.value;
  const about = index ? `${index.title}\n${index.ids.join('\n')}` : '';
  const mark = (await sha256(new TextEncoder().encode(about))).slice(0, 8);
  return `page-${index ? `${index.title.replace(/[^\w]+/g, '_')}-${mark}` : 'own'}`;
}
