import { modelManifest } from '../../api/model.node.ts';
import { LikenessError } from '../../base/errors.ts';
import { cannotWrite } from '../../base/storage-errors.ts';
import { beingWritten, type Store } from '../../store/format/files.ts';
import { generations } from '../../store/format/generations.ts';
import { type IndexInfo, identityOf, parityOf } from '../../store/format/header.ts';
import type { Problem } from '../../store/inspect/file.ts';
import { type InspectedIndex, inspectIndex } from '../../store/inspect/index.ts';
import { repairFile, repairFolder } from '../../store/inspect/repair.node.ts';
import { openStore } from '../../store/media/open-store.node.ts';
import { FolderStore } from '../../store/media/store.node.ts';
import { readOnlyStore } from '../../store/media/store.single.ts';
import { emptyNote, noIndex, ofFile } from '../open-index.ts';
import { print, printJson } from '../print.ts';

interface Options {
  repair?: boolean;
  json?: boolean;
  /** For an index that has lost its header: what made it. */
  model?: string;
  exif?: 'apply' | 'ignore';
}

/** What `likeness check` found; printed with `--json`. */
const nothing = (index: string) => ({
  index,
  /** The file in its folder that counts. */
  file: null as string | null,
  /** Whether all was as it was written when it was looked at. */
  whole: false,
  /** Whether what was whole is now in a new file. */
  repaired: false,
  /** Where the damaged file is then. */
  damagedFile: undefined as string | undefined,
  /** Pictures that are whole. */
  count: 0,
  /** Pictures whose features are not. */
  lost: [] as string[],
  problems: [] as Problem[],
  /** Files of no use, which the next change of the index removes. */
  leftovers: [] as string[],
  byteLength: 0,
  commits: 0,
  /** Rows of pictures that were replaced or removed. */
  unusedRows: 0,
  model: null as string | null,
});
type CheckResult = ReturnType<typeof nothing>;

/**
 * `likeness check <index> [--repair]`: reads every byte. Exit status 1 where the index is, or was, damaged.
 */
export async function check(where: string, options: Options): Promise<void> {
  const store = await openStore(where);
  if (store instanceof FolderStore && (await generations(store)).length === 0) {
    throw noIndex(where); // before a folder is made for the lock
  }
  // An index that is being written looks torn. Where no lock can be written (null), nobody writes.
  const lock = store.readOnly ? null : await store.lock().catch(() => null);
  if (lock === undefined) throw beingWritten(where);
  try {
    const info = await wantedInfo(options);
    let index: InspectedIndex;
    try {
      index = await inspectIndex(readOnlyStore(store), info);
    } catch (error) {
      if (!(error instanceof LikenessError)) throw error;
      if (error.code === 'not-found') throw noIndex(where, error);
      if (error.code !== 'bad-file') throw error;
      tellUnreadable(where, ofFile(error.message, where, store), options);
      return;
    }
    const { header, fileName, entries, settings, lost, problems, leftovers, ...found } = index;
    const { byteLength, commits, unusedRows } = found;
    const report: CheckResult = {
      ...nothing(where),
      ...{ lost, problems, leftovers, byteLength, commits, unusedRows },
      file: store instanceof FolderStore ? fileName : null,
      whole: problems.length === 0,
      count: entries.length,
      model: header.model.fingerprint,
    };
    if (options.repair && !report.whole) {
      report.damagedFile = await repair(where, store, index);
      report.repaired = true;
    } else {
      await index.close();
    }
    if (!report.whole) process.exitCode = 1;
    if (options.json) printJson(report);
    else {
      for (const line of describe(report, header.dimension)) print(line);
      if (report.whole && report.count === 0) {
        print(emptyNote(where, { info: header, settings }));
      }
    }
  } finally {
    await lock?.release();
  }
}

/** Nothing can be kept: the header is lost, or this is something else. */
function tellUnreadable(where: string, message: string, { json }: Options): void {
  process.exitCode = 1;
  if (json) {
    printJson({ ...nothing(where), problems: [{ kind: 'header', message }] });
    return;
  }
  print(message.startsWith(where) ? message : `${where}: ${message}`);
  print(
    /lost its header/.test(message)
      ? `If you know the model, name it: likeness check ${where} --repair --model <name|dir>. Or restore it from a copy, or make the index again.`
      : 'Nothing of it can be kept: restore it from a copy, or make the index again.',
  );
}

async function wantedInfo({ model, exif }: Options): Promise<IndexInfo | undefined> {
  if (model === undefined && exif !== undefined) {
    throw new LikenessError(
      'bad-argument',
      '--exif is for an index whose header is lost; name its --model, too.',
    );
  }
  if (model === undefined) return undefined;
  const manifest = await modelManifest(model);
  return { model: identityOf(manifest), dimension: manifest.output.dimension, parity: parityOf(exif) };
}

/** @returns where the damaged file is now */
async function repair(where: string, store: Store, index: InspectedIndex): Promise<string> {
  try {
    if (store instanceof FolderStore) return await repairFolder(store, index);
    return await repairFile(localFile(where), index);
  } catch (error) {
    await index.close();
    throw cannotWrite(where, error, 'What is whole cannot be written to');
  }
}

function localFile(where: string): string {
  if (!/^https?:/.test(where)) return where.replace(/^file:/, '');
  throw new LikenessError('read-only', `${where} can only be read: repair the file where it lies.`);
}

function describe(report: CheckResult, dimension: number): string[] {
  const { index, file, whole, repaired, damagedFile, count, lost, problems, leftovers } = report;
  const lines: string[] = [];
  if (whole) {
    const unused = report.unusedRows > 0 ? `, ${report.unusedRows} rows of removed pictures` : '';
    lines.push(
      `${index}: ${count} pictures, ${dimension} values each, ${report.byteLength} bytes${unused}: whole.`,
    );
  } else {
    lines.push(
      `${index} is damaged${file === null ? '' : ` (${file})`}:`,
      ...problems.map(({ message }) => `  ${message}`),
    );
    const all = count + lost.length;
    lines.push(lost.length === 0 ? `${count} pictures are whole.` : `${count} of ${all} pictures are whole.`);
    if (repaired) {
      lines.push(
        `Repaired: they are in a new file. The damaged one is kept as ${damagedFile}; delete it when you do not need it.`,
      );
    } else {
      lines.push(
        `Keep them with: likeness check ${index} --repair. What is lost, "likeness index" then takes again from the pictures.`,
      );
    }
  }
  for (const name of leftovers) {
    if (!repaired) lines.push(`Left over: ${name}, which the next change of the index removes.`);
  }
  return lines;
}
