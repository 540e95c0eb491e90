import { stat } from 'node:fs/promises';
import { join, relative, resolve, sep } from 'node:path';
import { LikenessError } from '../../errors.ts';
import { makeFolder, removeFolders } from '../../output/make-folder.node.ts';
import { type FolderPlace, placeForFolder } from '../../output/place.node.ts';
import { ImageSearch, modelManifest } from '../../platform/node.ts';
import { type IndexInfo, identityOf } from '../../store/header.ts';
import { IndexStore } from '../../store/index-store.ts';
import { type PictureMeta, settingChanges } from '../../store/legacy-folder.node.ts';
import { FolderStore } from '../../store/store.node.ts';
import type { Item, OpenOptions } from '../../types.ts';
import { modelSource } from '../model-source.ts';
import { openIndexOf } from '../open-index.ts';
import { listPictures, stampOf } from '../pictures.ts';
import { progressBar } from '../progress.ts';
import { discardStaged, removeIndexFiles, stageIndex } from '../staged-index.ts';

export interface IndexOptions {
  output: string;
  model: string;
  device: NonNullable<OpenOptions['device']>;
  threads?: number;
  parity?: 'keras';
  json?: boolean;
}

/** What `likeness index` did; printed with `--json`. */
interface Summary {
  index: string;
  count: number;
  /** Pictures extracted now. */
  extracted: number;
  /** Pictures taken over from the index that was there. */
  reused: number;
  failed: { id: string; message: string }[];
  seconds: number;
  model: string;
  device: string;
  threads: number;
}

/**
 * `likeness index <folder> -o <index>`: pictures that did not change since the last run are taken over, whether that
 * run came to its end or not.
 */
export async function indexFolder(folder: string, options: IndexOptions): Promise<void> {
  const start = performance.now();
  const ids = await listPictures(folder);
  const place = await placeForFolder(options.output, { option: '-o' });
  const target = await prepare(folder, place, options);

  await using search = await ImageSearch.open({ ...options, store: `file:${target.folder}` }).catch(
    async (error) => {
      await target.undo();
      throw error;
    },
  );
  const { model, extractor } = await search.report();
  const there = new Map(
    (await search.entries()).map(({ id, meta }) => [id, meta as PictureMeta | undefined]),
  );
  const items: Item[] = [];
  for (const id of ids) {
    const file = await stampOf(join(folder, id));
    const was = there.get(id)?.file;
    if (was && was.byteLength === file.byteLength && was.modifiedMs === file.modifiedMs) continue;
    items.push({ id, image: resolve(folder, id), meta: { file: { ...file } } });
  }
  const same = ids.length - items.length;
  if (same > 0)
    console.error(`Reusing the features of ${same} of ${ids.length} pictures in ${options.output}.`);

  const bar = items.length === 0 ? undefined : progressBar('Indexing', ids.length);
  const { extracted, failed } = await search
    .add(items, { onProgress: ({ done }) => bar?.update(same + done) })
    .finally(() => bar?.stop());
  for (const { id, error } of failed) console.error(`skipped ${id}: ${error.message}`);
  // What is gone, and what can no longer be read.
  const wanted = new Set(ids);
  for (const { id } of failed) wanted.delete(id);
  const gone = [...there.keys()].filter((id) => !wanted.has(id));
  if (gone.length === search.size) {
    await search.close();
    await target.undo();
    throw failed[0]!.error;
  }
  await search.remove(gone);
  const { size } = search;
  await search.close();
  await target.done();

  const summary: Summary = {
    index: options.output,
    count: size,
    extracted,
    reused: size - extracted,
    failed: failed.map(({ id, error }) => ({ id, message: error.message })),
    seconds: (performance.now() - start) / 1000,
    model: model.fingerprint,
    device: extractor.device,
    threads: extractor.threads,
  };
  if (options.json) console.log(JSON.stringify(summary));
  else console.log(describe(summary));
}

/** Where pictures are indexed into. */
interface Target {
  folder: string;
  /** Puts it in the place of the index that was there, when it is another. */
  done(): Promise<void>;
  /** Removes what was made for it, unless pictures were in it before. */
  undo(): Promise<void>;
}

/**
 * The output, or, where another kind of index lies there, a staged one that takes its place when it is done.
 */
async function prepare(
  folder: string,
  place: FolderPlace,
  { output, model, parity }: IndexOptions,
): Promise<Target> {
  const manifest = await modelManifest(model);
  const info: IndexInfo = {
    model: identityOf(manifest),
    dimension: manifest.output.dimension,
    parity: parity ?? null,
  };
  const pictures = relative(resolve(output), resolve(folder)).split(sep).join('/') || '.';
  const open = async (where: string): Promise<boolean> => {
    const index = await IndexStore.open(new FolderStore(where), { create: info });
    const wentOn = index.entries.length > 0;
    await index
      .append(settingChanges({ pictures, model: modelSource(model, output) }))
      .finally(() => index.close());
    return wentOn;
  };
  const why = await whyAnew(output, folder, info);
  if (why === undefined) {
    const made = await makeFolder(place.path);
    const wentOn = await open(place.path);
    return {
      folder: place.path,
      done: () => discardStaged(place),
      async undo() {
        if (wentOn) return;
        await removeIndexFiles(place.path);
        await removeFolders(made);
      },
    };
  }
  console.error(`The index that was in ${output} is made anew: ${why}.`);
  // What an earlier attempt left there goes on, if it is of this kind.
  const staged = await stageIndex(place);
  if ((await whyAnew(staged.folder, folder, info, output)) !== undefined) {
    await stageIndex(place, { anew: true });
  }
  const wentOn = await open(staged.folder);
  return {
    folder: staged.folder,
    done: staged.publish,
    undo: async () => (wentOn ? undefined : staged.discard()),
  };
}

/** Why an index cannot go on; `undefined` when it can, or there is none. */
async function whyAnew(
  path: string,
  folder: string,
  wanted: IndexInfo,
  output = path,
): Promise<string | undefined> {
  if (!(await stat(path).catch(() => undefined))?.isDirectory()) return undefined;
  let index: IndexStore;
  try {
    index = await openIndexOf(path);
  } catch (error) {
    if (!(error instanceof LikenessError)) throw error;
    if (error.code === 'not-found') return undefined;
    if (error.code !== 'bad-file') throw error;
    return error.message.replace(/\.$/, '');
  }
  const { info, settings } = index;
  await index.close();
  const pictures = settings.get('pictures');
  if (info.model.fingerprint !== wanted.model.fingerprint) {
    return `it is of the model ${info.model.fingerprint}, not ${wanted.model.fingerprint}`;
  }
  if (info.parity !== wanted.parity) return 'it was made with another --parity';
  if (typeof pictures === 'string' && resolve(output, pictures) !== resolve(folder)) {
    return `it is of ${resolve(output, pictures)}`;
  }
  return undefined;
}

function describe({ index, count, extracted, reused, failed, seconds }: Summary): string {
  const parts = [
    extracted > 0 ? `${extracted} indexed in ${seconds.toFixed(1)} s` : undefined,
    reused > 0 ? `${reused} reused` : undefined,
    failed.length > 0 ? `${failed.length} skipped because they could not be read` : undefined,
  ].filter((part) => part !== undefined);
  return `${index}: ${count} pictures (${parts.join(', ')})`;
}
