/** With `@types/node`, without the DOM library. */
import { Buffer } from 'node:buffer';
import { readFile, writeFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import { deleteIndex, ImageSearch, type ImageSource, listIndexes, openNpz } from 'likeness-search';
import { blobFile, encodeNpy } from 'likeness-search/knn';
import { buildSite, type SiteSummary } from 'likeness-search/site';
import type { Same, Yes } from './exact.ts';

export type Checks = [
  Yes<Same<Awaited<ReturnType<ImageSearch['export']>>, Blob>>,
  Yes<Same<Parameters<typeof blobFile>[0], Blob>>,
  Yes<Same<NonNullable<import('likeness-search').OpenOptions['signal']>, AbortSignal>>,
];

export async function use(): Promise<number> {
  const search = await ImageSearch.open({ store: 'file:index/', signal: AbortSignal.timeout(1000) });
  const images: ImageSource[] = [
    'photos/a.jpg',
    pathToFileURL('photos/b.jpg'),
    new URL('https://example.org/c.jpg'),
    await readFile('photos/d.jpg'),
    Buffer.alloc(1),
    new Blob([Buffer.alloc(1)]),
    { width: 1, height: 1, data: new Uint8ClampedArray(4) },
  ];
  await search.add(images.map((image, at) => ({ id: String(at), image })));
  const [hit] = await search.query(images[0]!, { k: 1 });
  const file = await search.export();
  await writeFile('index.likeness', Buffer.from(await file.arrayBuffer()));
  const built: SiteSummary = await buildSite({ folder: 'dist', signal: AbortSignal.timeout(1000) });
  await writeFile('pictures.txt', String(built.pictures));
  await writeFile('features.npy', encodeNpy(new Float32Array(1), [1]));
  await openNpz(blobFile(file), 'features');
  for (const { store } of await listIndexes('indexes')) await deleteIndex(store);
  return hit?.distance ?? 0;
}
