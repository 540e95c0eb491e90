/** With `await using`, which TypeScript has since 5.2. */
import { ImageSearch } from 'likeness-search';

export async function use(): Promise<number> {
  await using search = await ImageSearch.open();
  return search.size;
}
