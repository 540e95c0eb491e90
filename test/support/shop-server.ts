import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ImageSearch } from '../../src/api/image-search.node.ts';
import type { Json } from '../../src/base/json.ts';
import { type StartedApi, startApi } from './api-server.ts';
import { samples } from './cli.ts';

export const shopIds: readonly string[] = ['A001', 'A002', 'B001', 'C001'];

/** A server over four photographs, for pages of any origin. */
export async function withShop<T>(
  metaOf: (id: string) => Json | undefined,
  use: (api: StartedApi) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'likeness-shop-'));
  try {
    await using search = await ImageSearch.open({ store: `file:${folder}` });
    await search.add(shopIds.map((id) => ({ id, image: join(samples, `${id}.jpeg`), meta: metaOf(id) })));
    await search.close();
    const api = await startApi(folder, { origins: ['*'] });
    try {
      return await use(api);
    } finally {
      await api.close();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
