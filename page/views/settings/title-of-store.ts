/**
 * What the name of a page's index says: `opfs:page-Holiday-1a2b3c4d-vgg16-compact-2-0123456789abcdef` is of the server's
 * pictures called Holiday, read with version 2 of a model; `page-own-…` of the person's own, without a title.
 */
export function titleOfStore(store: string): { title?: string; model: string; version: string } | undefined {
  const [, place, model, version] =
    /^\w+:page-(own|.*-[0-9a-f]{8})-(.+?)-([^-]+)-[0-9a-f]{16}$/.exec(store) ?? [];
  if (place === undefined || model === undefined || version === undefined) return undefined;
  if (place === 'own') return { model, version };
  return { title: place.slice(0, -9).replaceAll('_', ' '), model, version };
}
