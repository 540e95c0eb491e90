/** More would wait in the browser, and seem to stall. */
const requestsAtOnce = 6;

/** Does `work` for each item, for a few at a time; the results are in the order of the items. */
export async function atOnce<Item, Result>(
  items: readonly Item[],
  work: (item: Item, at: number) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  const next = items.entries();
  const worker = async (): Promise<void> => {
    for (const [at, item] of next) results[at] = await work(item, at);
  };
  await Promise.all(Array.from({ length: requestsAtOnce }, worker));
  return results;
}
