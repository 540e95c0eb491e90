import { mkdtempSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ascii } from '../../base/bytes.ts';
import { LikenessError } from '../../base/errors.ts';
import { parseJson } from '../../base/json.ts';
import { pathFile } from '../../base/open-file.node.ts';
import { type RandomAccess, readBytes } from '../../base/random-access.ts';
import type { ZipEntry } from '../../python/zip-directory.ts';
import { openZipEntry, readZipDirectory } from '../../python/zip-entry.ts';
import { bad } from './architecture.ts';
import { openKerasVgg16 } from './keras-h5.node.ts';
import { isTorch, kinds } from './other-files.node.ts';
import type { SourceWeight } from './vgg16-source.ts';

const weightsFile = 'model.weights.h5';
const configFile = 'config.json';
/** Copied at once. */
const pieceBytes = 4 * 2 ** 20;
/** Far more than a configuration of a thousand layers is long. */
const maxConfigBytes = 16 * 2 ** 20;

/**
 * Finds VGG16 in a `.keras` file: a zip archive of the weights, as `.weights.h5`, and the model's configuration. The HDF5
 * library reads files, so the weights are unpacked into the system's folder for temporary files until `close`.
 *
 * @throws LikenessError `bad-file` as {@link openKerasVgg16} does, and for other archives, with what they are
 */
export async function openKerasArchive(
  archive: RandomAccess,
): Promise<{ found: Map<string, SourceWeight>; close(): Promise<void> }> {
  const entries = new Map((await directoryOf(archive)).map((entry) => [entry.name, entry]));
  const weights = entries.get(weightsFile);
  if (!weights) throw bad(otherArchive([...entries.keys()]));
  const config = await configIn(archive, entries.get(configFile));

  const folder = mkdtempSync(join(tmpdir(), 'likeness-keras-'));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  try {
    const path = join(folder, weightsFile);
    await unpack(await openZipEntry(archive, weights, weightsFile), path);
    const { found, close } = await openKerasVgg16(path, pathFile(path), config);
    return { found, close: () => close().finally(remove) };
  } catch (error) {
    remove();
    throw error;
  }
}

async function directoryOf(archive: RandomAccess): Promise<ZipEntry[]> {
  try {
    return await readZipDirectory(archive);
  } catch (error) {
    // The directory is at the end, where a download that was cut has none; PyTorch's first entry tells.
    const head = await readBytes(archive, 0, Math.min(256, await archive.size()));
    if (ascii(head, 0, head.length).includes('data.pkl')) throw bad(isTorch, error);
    throw error;
  }
}

async function configIn(archive: RandomAccess, entry: ZipEntry | undefined): Promise<unknown> {
  if (!entry || entry.byteLength === 0 || entry.byteLength > maxConfigBytes) return undefined;
  const config = await openZipEntry(archive, entry, configFile);
  return parseJson(await readBytes(config, 0, entry.byteLength), configFile);
}

async function unpack(from: RandomAccess, path: string): Promise<void> {
  const size = await from.size();
  const to = await open(path, 'wx');
  try {
    for (let at = 0; at < size; at += pieceBytes) {
      await to.writeFile(await readBytes(from, at, Math.min(pieceBytes, size - at)));
    }
  } catch (error) {
    if (error instanceof LikenessError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    throw bad(
      `${size} bytes of weights cannot be unpacked to ${path} (${code}); TMPDIR names another folder.`,
      error,
    );
  } finally {
    await to.close();
  }
}

function otherArchive(names: readonly string[]): string {
  if (names.some((name) => /(^|\/)(data\.pkl|constants\.pkl)$/.test(name))) return isTorch;
  const held = `it holds ${names.slice(0, 4).join(', ') || 'nothing'}${names.length > 4 ? ', …' : ''}`;
  if (names.length > 0 && names.every((name) => name.endsWith('.npy')))
    return `This is an .npz of NumPy: arrays that do not say which layer they are; ${held}. Wanted: ${kinds}.`;
  return `This is a zip archive, and no .keras file: ${held}. Unpack it and give the file of weights in it. Wanted: ${kinds}.`;
}
