import { mkdtempSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LikenessError } from '../../base/errors.ts';
import { parseJson } from '../../base/json.ts';
import { openFile } from '../../base/open-file.node.ts';
import { type RandomAccess, readBytes } from '../../base/random-access.ts';
import { readZipDirectory, type ZipEntry } from '../../python/zip-directory.ts';
import { openZipEntry } from '../../python/zip-entry.ts';
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
  if (!weights) throw new LikenessError('bad-file', otherArchive([...entries.keys()]));
  const config = await configIn(archive, entries.get(configFile));

  const folder = mkdtempSync(join(tmpdir(), 'likeness-keras-'));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  try {
    const path = join(folder, weightsFile);
    await unpack(await openZipEntry(archive, weights, weightsFile), path);
    const bytes = await openFile(path);
    let opened: Awaited<ReturnType<typeof openKerasVgg16>>;
    try {
      opened = await openKerasVgg16(path, bytes, config);
    } finally {
      await bytes.close();
    }
    return {
      found: opened.found,
      async close() {
        await opened.close();
        remove();
      },
    };
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
    const head = new TextDecoder('latin1').decode(
      await readBytes(archive, 0, Math.min(256, await archive.size())),
    );
    if (head.includes('data.pkl')) throw new LikenessError('bad-file', isTorch, { cause: error });
    throw error;
  }
}

async function configIn(archive: RandomAccess, entry: ZipEntry | undefined): Promise<unknown> {
  if (!entry || entry.byteLength === 0 || entry.byteLength > maxConfigBytes) return undefined;
  const bytes = new Uint8Array(entry.byteLength);
  await (await openZipEntry(archive, entry, configFile)).read(0, bytes);
  return parseJson(bytes, configFile);
}

async function unpack(from: RandomAccess, path: string): Promise<void> {
  const size = await from.size();
  const to = await open(path, 'wx');
  try {
    for (let at = 0; at < size; at += pieceBytes) {
      const piece = new Uint8Array(Math.min(pieceBytes, size - at));
      await from.read(at, piece);
      await to.writeFile(piece);
    }
  } catch (error) {
    if (error instanceof LikenessError) throw error;
    throw new LikenessError(
      'bad-file',
      `${size} bytes of weights cannot be unpacked to ${path} (${(error as NodeJS.ErrnoException).code}); TMPDIR names another folder.`,
      { cause: error },
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
