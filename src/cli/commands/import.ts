import { readdir, stat } from 'node:fs/promises';
import { modelManifest } from '../../api/model.node.ts';
import { LikenessError } from '../../base/errors.ts';
import { firstNotFinite, hasUnitLength, lengthOf } from '../../knn/search/vectors.ts';
import { placeForFolder } from '../../output/place.node.ts';
import type { Change } from '../../store/format/changes.ts';
import { identityOf } from '../../store/format/header.ts';
import { IndexStore } from '../../store/index-store.ts';
import { FolderStore } from '../../store/media/store.node.ts';
import { openFeatureFolder } from '../feature-folder.ts';
import { type FeatureSource, openExported, openMatrix, type Wanted } from '../features.ts';
import { recordedModel } from '../model-name.ts';
import { print, say } from '../print.ts';
import { isIndexFile, stageIndex } from '../staged-index.ts';
import { reasonOf } from '../system-error.ts';

interface Options {
  output: string;
  model: string;
  ids?: string;
  array?: string;
  skipBad?: boolean;
}

/**
 * `likeness import <features.npy | folder | index.likeness> --ids ids.json --model <name> -o <index>`: an index of
 * features that were made elsewhere. All or nothing.
 */
export async function importFeatures(from: string, options: Options): Promise<void> {
  const { output, model } = options;
  const place = await placeForFolder(output, { option: '-o', apartFrom: [from, options.ids] });
  if (place.names?.some(isIndexFile)) {
    throw new LikenessError(
      'bad-argument',
      `There is an index in ${output} already; name another folder, or remove that index.`,
    );
  }
  const manifest = await modelManifest(model);
  const { dimension } = manifest.output;
  const info = { model: identityOf(manifest), dimension, parity: null };
  const features = await openFeatures(from, { info, model: recordedModel(model, output) }, options);
  try {
    const staged = await stageIndex(place, { anew: true });
    try {
      const create = { ...info, parity: features.parity };
      const index = await IndexStore.open(new FolderStore(staged.folder), { create });
      try {
        await index.append(features.settings);
        await append(index, features, options.skipBad ?? false);
      } finally {
        await index.close();
      }
      const { length } = index.entries;
      await staged.publish();
      print(`${output}: ${length} pictures, ${dimension} values each`);
    } catch (error) {
      await staged.discard();
      throw error;
    }
  } finally {
    await features.close();
  }
}

async function openFeatures(from: string, wanted: Wanted, options: Options): Promise<FeatureSource> {
  const forOthers = (kind: string, names: ('ids' | 'array')[]): void => {
    const name = names.find((each) => options[each] !== undefined);
    if (name === undefined) return;
    throw new LikenessError(
      'bad-argument',
      `--${name} does nothing for ${kind}, which ${from} is; leave it out.`,
    );
  };
  if (/\.likeness$/i.test(from)) {
    forOthers('an index', ['ids', 'array']);
    return openExported(from, wanted);
  }
  const info = await stat(from).catch((error) => {
    throw new LikenessError('not-found', `${from} cannot be read: ${reasonOf(error) ?? error.message}.`, {
      cause: error,
    });
  });
  if (!info.isDirectory()) return openMatrix(from, wanted, options);
  const isIndex = await isIndexFolder(from);
  forOthers(isIndex ? 'an index' : 'a folder of .npy files', isIndex ? ['ids', 'array'] : ['array']);
  return isIndex ? openExported(from, wanted) : openFeatureFolder(from, wanted, options);
}

/** A folder with an index and `.npy` files counts as a folder of `.npy` files. */
async function isIndexFolder(folder: string): Promise<boolean> {
  const names = await readdir(folder).catch(() => []);
  return names.some(isIndexFile) && !names.some((name) => /\.npy$/i.test(name));
}

/** A damaged row, or one with NaN or infinity, ends the import or is skipped. */
async function append(index: IndexStore, features: FeatureSource, skipBad: boolean): Promise<void> {
  const { dimension } = index.info;
  const { entries, where } = features;
  let skipped = 0;
  const refuse = (row: number, why: string): void => {
    const what = `${where(row)}, "${entries[row]!.id}", ${why}`;
    if (!skipBad) {
      throw new LikenessError('bad-file', `${what}. Mend it, or leave such rows out with --skip-bad.`);
    }
    say(`skipped ${what}`);
    skipped++;
  };
  const damaged = new Set<number>();
  const lengths = new Lengths();
  let row = 0;
  for await (const block of features.blocks((damagedRow) => damaged.add(damagedRow))) {
    const changes: Change[] = [];
    for (let at = 0; at < block.length; at += dimension, row++) {
      const vector = block.subarray(at, at + dimension);
      const bad = firstNotFinite(vector);
      if (damaged.has(row)) refuse(row, 'does not match its checksum');
      else if (bad >= 0) refuse(row, `holds ${vector[bad]} (value ${bad})`);
      else {
        changes.push({ ...entryOf(features, row), vector });
        lengths.add(vector);
      }
    }
    await index.append(changes);
  }
  if (skipped > 0) {
    say(`${skipped} of ${entries.length} rows were skipped.`);
    if (skipped === entries.length) throw new LikenessError('bad-file', 'No row is left to import.');
  }
  lengths.warn();
}

function entryOf({ entries }: FeatureSource, row: number): { id: string } {
  const { id, meta, hash } = entries[row]!;
  return { id, ...(meta === undefined ? {} : { meta }), ...(hash === undefined ? {} : { hash }) };
}

/** The lengths of vectors; a model's own have length 1. */
class Lengths {
  #shortest = Number.POSITIVE_INFINITY;
  #longest = 0;
  #others = 0;
  #count = 0;

  add(vector: Float32Array): void {
    const length = lengthOf(vector);
    this.#shortest = Math.min(this.#shortest, length);
    this.#longest = Math.max(this.#longest, length);
    this.#count++;
    if (!hasUnitLength(vector)) this.#others++;
  }

  warn(): void {
    if (this.#others === 0) return;
    say(
      `${this.#others} of ${this.#count} vectors are not of length 1, as the model's own are: from ${this.#shortest.toPrecision(4)} to ${this.#longest.toPrecision(4)}. Divide by np.linalg.norm to compare with pictures.`,
    );
  }
}
