import { join, relative, resolve, sep } from 'node:path';
import { ImageSearch } from '../../platform/node.ts';
import {
  type IndexRecord,
  readIndexFolder,
  type SourceStamp,
  type StoredIndex,
  writeIndexFolder,
} from '../../store/index-folder.ts';
import type { AddReport, Item, OpenOptions } from '../../types.ts';
import { modelSource } from '../model-source.ts';
import { listPictures, stampOf } from '../pictures.ts';
import { progressBar } from '../progress.ts';

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

/** Pictures between two writes of the index, so that an interruption costs little. */
const checkpointPictures = 2000;

/** `likeness index <folder> -o <index>`: pictures that did not change since the last run are taken over. */
export async function indexFolder(folder: string, options: IndexOptions): Promise<void> {
  const start = performance.now();
  const ids = await listPictures(folder);
  const stamps = new Map<string, SourceStamp>();
  for (const id of ids) stamps.set(id, await stampOf(join(folder, id)));

  await using search = await ImageSearch.open(options);
  const report = await search.report();
  const before = await earlier(options.output, folder, options, report.model.fingerprint);
  const known = new Map(before ? before.record.ids.map((id, row) => [id, row]) : []);
  const dimension = report.model.dimension;

  const unchanged = (id: string): number | undefined => {
    const row = known.get(id);
    const was = row === undefined ? undefined : before?.record.stamps[row];
    const is = stamps.get(id)!;
    return was?.byteLength === is.byteLength && was.modifiedMs === is.modifiedMs ? row : undefined;
  };
  const items = ids.map((id): Item => {
    const row = unchanged(id);
    return row === undefined
      ? { id, image: resolve(folder, id) }
      : { id, vector: before!.values.slice(row * dimension, (row + 1) * dimension) };
  });
  const reused = items.filter((item) => 'vector' in item).length;
  if (reused > 0)
    console.error(`Reusing the features of ${reused} of ${ids.length} pictures in ${options.output}.`);

  const save = async (): Promise<string[]> => {
    const features = await search.features();
    await writeIndexFolder(
      options.output,
      {
        model: {
          name: report.model.name,
          version: report.model.version,
          fingerprint: report.model.fingerprint,
          source: modelSource(options.model, options.output),
        },
        parity: options.parity ?? null,
        dimension,
        pictures: relative(resolve(options.output), resolve(folder)).split(sep).join('/') || '.',
        ids: features.ids,
        stamps: features.ids.map((id) => stamps.get(id)!),
      },
      features.values,
    );
    return features.ids;
  };

  const failed: AddReport['failed'] = [];
  const bar = reused === ids.length ? undefined : progressBar('Indexing', ids.length);
  try {
    for (let from = 0; from < items.length; from += checkpointPictures) {
      const part = await search.add(items.slice(from, from + checkpointPictures), {
        onProgress: ({ done }) => bar?.update(from + done),
      });
      failed.push(...part.failed);
      if (from + checkpointPictures < items.length) await save();
    }
  } finally {
    bar?.stop();
  }
  for (const { id, error } of failed) console.error(`skipped ${id}: ${error.message}`);
  if (search.size === 0) throw failed[0]!.error;
  const indexed = reused === ids.length && before?.record.ids.length === ids.length ? ids : await save();

  const summary: Summary = {
    index: options.output,
    count: indexed.length,
    extracted: indexed.length - reused,
    reused,
    failed: failed.map(({ id, error }) => ({ id, message: error.message })),
    seconds: (performance.now() - start) / 1000,
    model: report.model.fingerprint,
    device: report.extractor.device,
    threads: report.extractor.threads,
  };
  if (options.json) console.log(JSON.stringify(summary));
  else console.log(describe(summary));
}

/** The index that is there, if its features are those that this run would make. */
async function earlier(
  output: string,
  folder: string,
  { parity }: IndexOptions,
  fingerprint: string,
): Promise<StoredIndex | undefined> {
  const stored = await readIndexFolder(output).catch((error: Error) => {
    console.error(`The index that was in ${output} is not used: ${error.message}`);
    return undefined;
  });
  if (!stored) return undefined;
  const differs = (what: string): undefined => {
    console.error(`The index that was in ${output} is made anew: ${what}.`);
    return undefined;
  };
  const record: IndexRecord = stored.record;
  if (record.model.fingerprint !== fingerprint)
    return differs(`it is of the model ${record.model.fingerprint}, not ${fingerprint}`);
  if ((record.parity ?? undefined) !== parity) return differs('it was made with another --parity');
  if (resolve(output, record.pictures) !== resolve(folder))
    return differs(`it is of ${resolve(output, record.pictures)}`);
  return stored;
}

function describe({ index, count, extracted, reused, failed, seconds }: Summary): string {
  const parts = [
    extracted > 0 ? `${extracted} indexed in ${seconds.toFixed(1)} s` : undefined,
    reused > 0 ? `${reused} reused` : undefined,
    failed.length > 0 ? `${failed.length} skipped because they could not be read` : undefined,
  ].filter((part) => part !== undefined);
  return `${index}: ${count} pictures (${parts.join(', ')})`;
}
