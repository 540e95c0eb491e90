import { shown } from '../../base/checks.ts';
import { LikenessError } from '../../base/errors.ts';
import { fileText, parseJson } from '../../base/json.ts';
import { readInput } from '../input-file.ts';
import { openToChange } from '../open-index.ts';
import { print, printJson, say } from '../print.ts';
import { reasonOf } from '../system-error.ts';

interface Options {
  from?: string;
  json?: boolean;
}

/**
 * `likeness remove <index> <id…>`: takes pictures out of an index; the picture files stay. Exit status 1 where an id is
 * not in it; the others are removed all the same.
 */
export async function remove(where: string, given: readonly string[], options: Options): Promise<void> {
  const ids = [...new Set([...given, ...(await listed(options.from))])];
  if (ids.length === 0) {
    throw new LikenessError(
      'bad-argument',
      'Nothing to remove: name ids, or a list of them with --from <ids.json|ids.txt|->.',
    );
  }
  const index = await openToChange(where);
  try {
    const unknown = ids.filter((id) => index.position(id) === undefined);
    const known = ids.filter((id) => index.position(id) !== undefined);
    await index.append(known.map((id) => ({ remove: id })));
    if (index.worthCompacting) await index.compact().catch(() => {}); // for want of space, later
    const count = index.entries.length;
    for (const id of unknown) say(`likeness: there is no picture ${shown(id)} in ${where}.`);
    if (unknown.length > 0) process.exitCode = 1;
    if (options.json) printJson({ index: where, removed: known, unknown, count });
    else print(`${where}: ${count} pictures (${known.length} removed)`);
  } finally {
    await index.close();
  }
}

/** A JSON list, or a line an id; `-` is the standard input. */
async function listed(from: string | undefined): Promise<string[]> {
  if (from === undefined) return [];
  const name = from === '-' ? 'the standard input' : from;
  let bytes: Uint8Array;
  try {
    bytes = from === '-' ? await readStandardInput() : await readInput(from);
  } catch (error) {
    if (error instanceof LikenessError) throw error;
    throw new LikenessError(
      'not-found',
      `${name} cannot be read: ${reasonOf(error) ?? (error as Error).message}.`,
    );
  }
  const text = fileText(bytes, name);
  if (!text.trimStart().startsWith('[')) return text.split(/\r?\n/).filter((line) => line !== '');
  const ids = parseJson(bytes, name);
  if (Array.isArray(ids) && ids.every((id) => typeof id === 'string')) return ids;
  throw new LikenessError('bad-file', `${name} has to be a JSON list of ids, or have a line for each.`);
}

async function readStandardInput(): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const part of process.stdin) parts.push(part);
  return Buffer.concat(parts);
}
