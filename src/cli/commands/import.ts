import { modelManifest } from '../../api/model.node.ts';
import { LikenessError } from '../../base/errors.ts';
import { firstNotFinite } from '../../knn/search/vectors.ts';
import { placeForFolder } from '../../output/place.node.ts';
import type { Change } from '../../store/format/changes.ts';
import { identityOf } from '../../store/format/header.ts';
import { IndexStore } from '../../store/index-store.ts';
import { FolderStore } from '../../store/media/store.node.ts';
import type { FeatureSource } from '../features.ts';
import { Lengths } from '../lengths.ts';
import { recordedModel } from '../model-name.ts';
import { print, say } from '../print.ts';
import { isIndexFile, stageIndex } from '../staged-index.ts';
import { openFeatures, type SourceOptions } from '../vector-source.ts';

interface Options extends SourceOptions {
  output: string;
  model: string;
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
