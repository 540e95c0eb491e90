import { modelManifest } from '../../api/model.node.ts';
import { shown } from '../../base/checks.ts';
import { LikenessError } from '../../base/errors.ts';
import type { VectorRow } from '../../engine/vector-engine.ts';
import { firstNotFinite } from '../../knn/search/vectors.ts';
import { isRowId, isTooLong } from '../../lance/asked.ts';
import { type IndexInfo, identityOf } from '../../store/format/header.ts';
import type { FeatureSource } from '../features.ts';
import { Interrupted, interruptible } from '../interrupt.ts';
import { removeOthers } from '../lance-mirror.ts';
import { type LanceKind, type LanceTarget, newRows, openLance, tryLance } from '../lance-target.ts';
import { Lengths } from '../lengths.ts';
import { print, say } from '../print.ts';
import { progressBar } from '../progress.ts';
import { infoOfIndex, openFeatures, type SourceOptions } from '../vector-source.ts';

interface Options extends SourceOptions, LanceTarget {
  model: string;
  /** Whether the model was named; else an index says which one made it. */
  isModelNamed: boolean;
  skipBad?: boolean;
}

/** How a table gets equal to an index. */
interface Mirroring {
  /** Ids that have just left the index. */
  leaving: readonly string[];
  /** Other rows that the index does not have go, however many. */
  prune: boolean;
}

/** What was done to the table; with `--json` printed by `likeness index --to`. */
export interface TableSummary {
  to: string;
  /** Rows in the table now. */
  count: number;
  dims: number;
  added: number;
  replaced: number;
  /** Rows that were in the table as they are here. */
  same: number;
  removed: number;
  seconds: number;
}

/**
 * `likeness import <features> --to lancedb:<uri>`: adds the rows to a table of LanceDB, some thousand in memory at a
 * time. What was written stays when it is ended; the same command goes on from there.
 */
export const importIntoLance = (from: string, options: Options): Promise<void> =>
  interruptible(async (stop) => printTable(await run(from, options, stop)));

/**
 * What `likeness index --to` does when the index is made: the table gets its rows, and loses those that the index does not
 * have, also where an earlier run was ended between the two.
 */
export const copyIntoLance = (
  from: string,
  { to, table, endpoint, model }: Omit<Options, 'isModelNamed'>,
  mirroring: Mirroring,
  stop: AbortSignal,
): Promise<TableSummary> =>
  run(from, { to, table, endpoint, model, isModelNamed: false } as Options, stop, mirroring);

export function printTable({ to, count, dims, added, replaced, same, removed, seconds }: TableSummary): void {
  const parts = [`${added} added`, `${replaced} replaced`, `${same} were there`];
  if (removed > 0) parts.push(`${removed} removed`);
  print(`${to}: ${count} pictures, ${dims} values each (${parts.join(', ')}, ${seconds.toFixed(1)} s)`);
}

async function run(
  from: string,
  options: Options,
  stop: AbortSignal,
  mirroring?: Mirroring,
): Promise<TableSummary> {
  const { to, model, isModelNamed } = options;
  const start = performance.now();
  const made = isModelNamed ? undefined : await infoOfIndex(from);
  const info = made ?? (await infoOfModel(model));
  const kind = kindOf(info);
  await tryLance(options, kind, 'look');
  const source = await openFeatures(from, { info, model }, options);
  try {
    stop.throwIfAborted();
    const { dims } = kind;
    const rows = new SourceRows(source, dims, options.skipBad ?? false);
    const index = await openLance(options, kind);
    const { length } = source.entries;
    const bar = progressBar('Importing', length);
    let [same, written] = [0, 0];
    try {
      const isNew = (await index.size()) === 0;
      const wanted = isNew ? rows.read() : newRows(index, rows.read(), (count) => (same += count));
      const onProgress = ({ done }: { done: number }): void => {
        written = done;
        bar.update(same + done, done);
      };
      const { added, replaced } = await index.add(wanted, { signal: stop, onProgress });
      bar.stop();
      rows.end();
      const removed = mirroring ? await removeOthers(index, source.entries, mirroring, to, stop) : 0;
      const seconds = (performance.now() - start) / 1000;
      return { to, count: await index.size(), dims, added, replaced, same, removed, seconds };
    } catch (error) {
      if (!stop.aborted) throw withWhatStays(error, written);
      const { signal } = stop.reason as Interrupted;
      const done = same + written;
      throw new Interrupted(
        signal,
        `interrupted: ${done} of ${length} rows are in ${to}; the same command goes on from there.`,
      );
    } finally {
      bar.stop();
      await index.close();
    }
  } finally {
    await source.close();
  }
}

const kindOf = ({ model, dimension }: IndexInfo): LanceKind => ({
  dims: dimension,
  fingerprint: model.fingerprint,
});

/** What a table holds for vectors of a model. */
export const kindOfModel = async (model: string): Promise<LanceKind> => kindOf(await infoOfModel(model));

async function infoOfModel(model: string): Promise<IndexInfo> {
  const manifest = await modelManifest(model);
  return { model: identityOf(manifest), dimension: manifest.output.dimension, parity: null };
}

/** The same error; of an error of ours the message says that rows before it stay. */
function withWhatStays(error: unknown, written: number): unknown {
  if (!(error instanceof LikenessError) || written === 0) return error;
  return new LikenessError(
    error.code,
    `${error.message} The ${written} rows before stay; the same command goes on from there.`,
    { cause: error },
  );
}

/** The rows of a source, checked. */
class SourceRows {
  readonly #source: FeatureSource;
  readonly #dims: number;
  readonly #skipBad: boolean;
  readonly #lengths = new Lengths();
  /** Rows whose ids a table cannot have. */
  readonly #badIds = new Set<number>();
  #skipped = 0;

  constructor(source: FeatureSource, dims: number, skipBad: boolean) {
    this.#source = source;
    this.#dims = dims;
    this.#skipBad = skipBad;
    // What is known before any row is read is said before any is written.
    for (const [row, { id }] of source.entries.entries()) {
      if (isRowId(id)) continue;
      this.#refuse(row, 'has half of a surrogate pair in its id, which LanceDB cannot keep');
      this.#badIds.add(row);
    }
  }

  async *read(): AsyncGenerator<VectorRow> {
    const damaged = new Set<number>();
    let row = 0;
    for await (const block of this.#source.blocks((damagedRow) => damaged.add(damagedRow))) {
      for (let at = 0; at < block.length; at += this.#dims, row++) {
        const vector = block.subarray(at, at + this.#dims);
        const bad = firstNotFinite(vector);
        if (this.#badIds.has(row)) continue;
        if (damaged.has(row)) this.#refuse(row, 'does not match its checksum');
        else if (bad >= 0) this.#refuse(row, `holds ${vector[bad]} (value ${bad})`);
        else if (isTooLong(vector)) this.#refuse(row, 'is longer than 2⁶²: LanceDB computes in float32');
        else {
          this.#lengths.add(vector);
          const { id, meta } = this.#source.entries[row]!;
          yield { id, vector, ...(meta === undefined ? {} : { meta }) };
        }
      }
    }
  }

  #refuse(row: number, why: string): void {
    const what = `${this.#source.where(row)}, ${shown(this.#source.entries[row]!.id)}, ${why}`;
    if (!this.#skipBad) {
      throw new LikenessError('bad-file', `${what}. Mend it, or leave such rows out with --skip-bad.`);
    }
    say(`skipped ${what}`);
    this.#skipped++;
  }

  /** Says what was left out, and of vectors that are not of length 1. */
  end(): void {
    if (this.#skipped > 0) say(`${this.#skipped} of ${this.#source.entries.length} rows were skipped.`);
    this.#lengths.warn();
  }
}
