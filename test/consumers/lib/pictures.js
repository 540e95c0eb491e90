import { ImageSearch } from 'likeness-search';

/** Indexes the pictures `names` in the folder `base`, and asks for those similar to each, to the first as a picture. */
export async function findSimilar(base, names, options) {
  const search = await ImageSearch.open(options);
  const opened = Date.now();
  const picture = (name) => new URL(name, base);
  const { failed } = await search.add(names.map((name) => ({ id: name, image: picture(name) })));
  const answers = {};
  for (const [n, name] of names.entries()) {
    const query = n === 0 ? picture(name) : await search.vector(name);
    answers[name] = await search.query(query, { k: names.length });
  }
  const report = await search.report();
  await search.close();
  return { failed: failed.map(({ id, error }) => `${id}: ${error.message}`), answers, report, opened };
}
