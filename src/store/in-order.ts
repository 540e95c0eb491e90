/**
 * A list in which some have changed places among themselves: those that are named take, in the order of their names, the
 * places that they had. The others stay where they are, and names of nothing are passed over.
 *
 * @returns `undefined` where nothing changes
 */
export function inOrder<T extends { readonly id: string }>(
  list: readonly T[],
  ids: Iterable<string>,
): T[] | undefined {
  const wanted = new Set(ids);
  const named = new Map<string, T>();
  for (const one of list) if (wanted.has(one.id)) named.set(one.id, one);
  const next = [...wanted].flatMap((id) => named.get(id) ?? []).values();
  let isChanged = false;
  const ordered = list.map((one) => {
    const here = named.has(one.id) ? next.next().value! : one;
    isChanged ||= here !== one;
    return here;
  });
  return isChanged ? ordered : undefined;
}
