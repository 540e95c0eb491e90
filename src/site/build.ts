import { join } from 'node:path';
import { openModel } from '../api/model.node.ts';
import { LikenessError } from '../base/errors.ts';
import { cacheFolder } from '../delivery/cache.folder.node.ts';
import { chooseExtractor } from '../network/choose.ts';
import type { Extractor } from '../network/extractor.ts';
import { createNodeGraph, threadsHere } from '../network/graph.node.ts';
import type { Model } from '../network/load.ts';
import { encode, type StaticPicture } from '../static-index/encode.ts';
import { type BuildSiteOptions, type CheckedOptions, checkOptions } from './options.ts';
import { openPictureCache } from './pictures/cache.ts';
import { type Extraction, extractPictures, type ReadPicture } from './pictures/extract.ts';
import { checkFound, type FoundPicture, scanSite } from './scan/scan.ts';
import { type SiteSummary, Sizes } from './summary.ts';
import { elementScripts, libraryFolder, modelFolder } from './write/library.ts';
import { contentName, entryName, outputName, sha256Of } from './write/names.ts';
import { readOldPictures } from './write/old-index.ts';
import { checkOutput, Output, type SiteFile } from './write/output.ts';

/**
 * Makes the pictures of a built site searchable: reads its HTML, and writes similar pictures, small pictures and what a
 * search needs to the site's folder `likeness/`. The same site gives the same bytes on every machine. Pictures that did
 * not change cost no work. Ended at any moment, the next call completes what this one began; the index that was there
 * stays whole until the new one takes its place.
 *
 * @throws LikenessError `bad-argument`, `not-found` (no folder, no pictures), `bad-model`, `no-backend`, `locked`, a
 *   storage code; the reason of `signal`
 * @example
 * const { pictures, visitor } = await buildSite({ folder: 'dist', base: '/blog/' });
 */
export async function buildSite(options: BuildSiteOptions): Promise<SiteSummary> {
  const start = performance.now();
  const checked = await checkOptions(options);
  const { folder, signal, named } = checked;
  const { onProgress } = options;
  await checkOutput(folder);
  const scan = await scanSite(folder, {
    ...checked,
    leaveOut: new Set([outputName]),
    onPage: onProgress && ((done, total) => onProgress({ phase: 'pages', done, total })),
  });
  checkFound(scan, named);
  const { model } = await openModel(options.model, { signal });
  const { extraction, threads } = await extract(scan.pictures, model, checked, options);
  const { pictures, failed, small } = sorted(scan.pictures, extraction);
  if (pictures.length === 0) throw nothingRead(failed, named);

  const sizes = new Sizes();
  const old = await readOldPictures(join(folder, outputName));
  const files = await write(pictures, model, sizes, checked, options);
  const records = pictures.map(recordOf);
  const passedOver = Object.fromEntries([...scan.passedOver].map(([reason, list]) => [reason, list.size]));
  const list = (reason: 'missing' | 'outside'): string[] => [...(scan.passedOver.get(reason) ?? [])];
  return {
    output: join(named, outputName),
    dryRun: checked.dryRun,
    pages: scan.pages,
    pictures: pictures.length,
    extracted: extraction.extracted,
    reused: pictures.length - extraction.extracted,
    added: records.filter(({ id }) => !old.has(id)).length,
    changed: records.filter(({ id, small }) => old.has(id) && old.get(id)!.small !== small).length,
    removed: old.size - records.filter(({ id }) => old.has(id)).length,
    failed,
    passedOver: { ...passedOver, ...(small > 0 && { small }) },
    missing: [...list('missing'), ...list('outside')].sort(),
    unread: scan.unread,
    bytes: sizes.bytes,
    totalBytes: sizes.total,
    files,
    visitor: sizes.visitor(checked.search),
    model: model.manifest.fingerprint,
    threads,
    seconds: (performance.now() - start) / 1000,
    warnings: extraction.cached
      ? []
      : [
          `${cacheOf(options)} cannot be written: the next run has to do all of this again. --cache names another folder.`,
        ],
  };
}

const cacheOf = ({ cache }: BuildSiteOptions): string => cache ?? join(cacheFolder(), 'site');

/** Everything that depends on a picture's file alone. */
async function extract(
  pictures: readonly FoundPicture[],
  model: Model,
  { smallSize, threads, signal }: CheckedOptions,
  options: BuildSiteOptions,
): Promise<{ extraction: Extraction; threads: number }> {
  const { fingerprint, output } = model.manifest;
  const kind = { fingerprint, dimension: output.dimension, smallSize };
  let extractor: Extractor | undefined;
  try {
    const extraction = await extractPictures(
      pictures.map(({ file }) => file),
      {
        cache: openPictureCache(cacheOf(options), kind),
        smallSize,
        signal,
        async openExtractor() {
          const choice = await chooseExtractor(model, 'wasm', {
            // Fused multiplication and addition, which others round differently, is not on every machine.
            createCpuGraph: (from) => createNodeGraph(from, threads, 'simd'),
            loadGpuRuntime: () => Promise.reject(new Error('wasm was asked for')),
          });
          extractor = choice.extractor;
          return extractor;
        },
        onProgress: (done, extracted) =>
          options.onProgress?.({ phase: 'pictures', done, total: pictures.length, extracted }),
      },
    );
    return { extraction, threads: extractor?.threads ?? 0 };
  } finally {
    await extractor?.close();
  }
}

interface IndexedPicture {
  found: FoundPicture;
  read: ReadPicture;
}

function sorted(
  pictures: readonly FoundPicture[],
  { outcomes }: Extraction,
): { pictures: IndexedPicture[]; failed: SiteSummary['failed']; small: number } {
  const indexed: IndexedPicture[] = [];
  const failed: SiteSummary['failed'] = [];
  let small = 0;
  for (const [at, found] of pictures.entries()) {
    const outcome = outcomes[at]!;
    if (outcome === 'small') small++;
    else if ('failed' in outcome) failed.push({ id: found.id, message: outcome.failed });
    else indexed.push({ found, read: outcome });
  }
  return { pictures: indexed, failed, small };
}

function nothingRead([first]: SiteSummary['failed'], folder: string): LikenessError {
  return first
    ? new LikenessError('bad-image', `No picture of ${folder} can be read. ${first.id}: ${first.message}`)
    : new LikenessError('not-found', `${folder} shows nothing but icons below 32 pixels.`);
}

const recordOf = ({ found: { id, places, meta }, read }: IndexedPicture): StaticPicture['record'] => ({
  id,
  small: contentName(read.small.sha256),
  width: read.width,
  height: read.height,
  places,
  ...(Object.keys(meta).length > 0 && { meta }),
});

/** Files by content, then scripts, then the entry; then what is no longer needed goes. */
async function write(
  pictures: readonly IndexedPicture[],
  model: Model,
  sizes: Sizes,
  { folder, base, k, search, smallSize, threads, dryRun, signal }: CheckedOptions,
  { onProgress }: BuildSiteOptions,
): Promise<SiteSummary['files']> {
  const scripts = await elementScripts(search);
  const parts = search ? { model: await modelFolder(model), lib: await libraryFolder() } : undefined;
  const encoded = encode({
    threads: threadsHere(threads),
    pictures: pictures.map((picture) => ({ record: recordOf(picture), aliases: picture.found.aliases })),
    vectors: vectorsOf(pictures),
    dimension: model.manifest.output.dimension,
    k,
    base: base.path,
    root: '../',
    smallSize,
    search: parts && {
      fingerprint: model.manifest.fingerprint,
      model: { folder: parts.model.name, bytes: parts.model.byteLength },
      lib: parts.lib.name,
    },
    signal,
    onProgress: ({ phase, done, total }) => phase === 'neighbours' && onProgress?.({ phase, done, total }),
  });
  // Before the folder is locked: all neighbours are found by then.
  let next = await encoded.next();
  const output = await Output.open(folder, { dryRun, signal });
  try {
    let done = 0;
    const put = async (file: SiteFile): Promise<void> => {
      signal?.throwIfAborted();
      if (await output.put(file)) sizes.add(file.name, file.byteLength);
      onProgress?.({ phase: 'write', done: ++done, total: 0 });
    };
    for (const { read } of pictures) {
      const { sha256, byteLength, bytes } = read.small;
      await put({ name: `small/${contentName(sha256)}.webp`, sha256, byteLength, bytes });
    }
    for (const file of [...(parts?.model.files ?? []), ...(parts?.lib.files ?? [])]) await put(file);
    let entry: Uint8Array | undefined;
    for (; !next.done; next = await encoded.next()) {
      const { name, bytes } = next.value;
      if (name === entryName) entry = bytes;
      else await put({ name, sha256: sha256Of(bytes), byteLength: bytes.length, bytes: async () => bytes });
    }
    for (const script of scripts) await put(script);
    sizes.add(entryName, entry!.length);
    return await output.finish(entry!);
  } finally {
    await output.close();
  }
}

function vectorsOf(pictures: readonly IndexedPicture[]): Float32Array {
  const dimension = pictures[0]!.read.vector.length;
  const vectors = new Float32Array(pictures.length * dimension);
  for (const [row, { read }] of pictures.entries()) vectors.set(read.vector, row * dimension);
  return vectors;
}
