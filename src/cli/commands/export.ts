import { LikenessError } from '../../base/errors.ts';
import { type FilePlace, type OutputKind, placeForFolder } from '../../output/place.node.ts';
import { encodeNpyValues, npyHeader } from '../../python/npy.ts';
import { openIndexOf } from '../open-index.ts';
import { placeBesideIndex, writeAndSay } from '../output-file.ts';
import { writePerImage } from '../per-image-folder.ts';
import { print } from '../print.ts';

interface Options {
  npy?: string;
  ids?: string;
  perImage?: string;
  file?: string;
  dtype?: 'f2' | 'f4';
}

/** `likeness export <index> --npy features.npy --ids ids.json`, `--per-image <dir>`, `--file <index.likeness>` */
export async function exportIndex(where: string, options: Options): Promise<void> {
  const places = await placesOf(where, options);
  const { index } = await openIndexOf(where, { rows: true });
  try {
    const { entries, info } = index;
    const { dtype = 'f4' } = options;
    const { npy, ids, perImage, file } = places;
    if (npy) {
      const type = { f2: 'float16', f4: 'float32' }[dtype];
      const rows = async (write: (bytes: Uint8Array) => Promise<void>): Promise<void> => {
        await write(npyHeader([entries.length, info.dimension], dtype));
        for await (const { values } of index.rows()) await write(encodeNpyValues(values, dtype));
      };
      await writeAndSay(npy, rows, `${type} ${entries.length} × ${info.dimension}`);
    }
    if (ids) {
      const list = entries.map(({ id }) => id);
      await writeAndSay(ids, `${JSON.stringify(list, null, 1)}\n`, `${entries.length} ids`);
    }
    if (perImage) {
      await writePerImage(index, perImage, dtype);
      print(`${perImage.named}: ${entries.length} files, ${info.dimension} values each`);
    }
    if (file) {
      const { byteLength, parts } = index.exported();
      const copy = async (write: (bytes: Uint8Array) => Promise<void>): Promise<void> => {
        for await (const part of parts) await write(part);
      };
      await writeAndSay(file, copy, `${entries.length} pictures, ${byteLength} bytes`);
    }
  } finally {
    await index.close();
  }
}

/** All places are checked before the first file is written. */
async function placesOf(
  where: string,
  { npy, ids, perImage, file, dtype }: Options,
): Promise<{
  npy: FilePlace | undefined;
  ids: FilePlace | undefined;
  file: FilePlace | undefined;
  perImage: Awaited<ReturnType<typeof placeForFolder>> | undefined;
}> {
  if (npy === undefined && ids === undefined && perImage === undefined && file === undefined) {
    throw new LikenessError('bad-argument', 'Nothing to export: name --npy, --ids, --per-image or --file.');
  }
  if (dtype !== undefined && npy === undefined && perImage === undefined) {
    throw new LikenessError(
      'bad-argument',
      '--dtype is for --npy and --per-image; name one of them, or leave it out.',
    );
  }
  const placeFor = async (
    named: string | undefined,
    option: string,
    kind: OutputKind,
    apartFrom: (string | undefined)[],
  ): Promise<FilePlace | undefined> =>
    named === undefined ? undefined : placeBesideIndex(named, where, { option, kind, apartFrom });
  return {
    npy: await placeFor(npy, '--npy', 'npy', []),
    ids: await placeFor(ids, '--ids', 'json', [npy]),
    file: await placeFor(file, '--file', 'index', [npy, ids]),
    perImage:
      perImage === undefined
        ? undefined
        : await placeForFolder(perImage, { option: '--per-image', apartFrom: [npy, ids, file] }),
  };
}
