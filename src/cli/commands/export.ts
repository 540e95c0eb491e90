import { writeFile } from 'node:fs/promises';
import { encodeNpy } from '../../knn/npy.ts';
import { openIndexFolder } from './query.ts';

/** `likeness export <index> --npy features.npy --ids ids.json` */
export async function exportIndex(
  folder: string,
  { npy, ids }: { npy?: string; ids?: string },
): Promise<void> {
  const { record, values } = await openIndexFolder(folder);
  if (npy !== undefined) {
    await writeFile(npy, encodeNpy(values, [record.count, record.dimension]));
    console.log(`${npy}: float32 ${record.count} × ${record.dimension}`);
  }
  if (ids !== undefined) {
    await writeFile(ids, `${JSON.stringify(record.ids, null, 1)}\n`);
    console.log(`${ids}: ${record.count} ids`);
  }
}
