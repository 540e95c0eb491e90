/**
 * What the name of a page's index says: `opfs:page-Holiday-1a2b3c4d-vgg16-compact-2-0123456789abcdef` is of the server's
 * pictures called Holiday; `page-own-…` of the person's own, without a title.
 */
export function titleOfStore(store: string): { title?: string; model: string } | undefined {
  const [, place, model] = /^\w+:page-(own|.*-[0-9a-f]{8})-(.+?)-[^-]+-[0-9a-f]{16}$/.exec(store) ?? [];
  if (place === undefined || model === undefined) return undefined;
  return place === 'own' ? { model } : { title: place.slice(0, -9).replaceAll('_', ' '), model };
}
