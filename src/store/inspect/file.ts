import { crc32 } from '../../base/crc32.ts';
import { LikenessError } from '../../base/errors.ts';
import type { Json } from '../../base/json.ts';
import { readExactly } from '../../base/random-access.ts';
import { Entries, type PlacedEntry } from '../format/entries.ts';
import type { StoredFile } from '../format/files.ts';
import {
  checkpointAt,
  checksumOfHeader,
  decodeCheckpoint,
  decodeHeader,
  decodeSuccessor,
  encodeCheckpoint,
  encodeHeader,
  encodeSuccessor,
  type Header,
  headerBytes,
  type IndexInfo,
  newIdentity,
  type Position,
  successorAt,
} from '../format/header.ts';
import { beginning, findBlock } from '../format/log.ts';
import { blockBytes, decodeHead } from '../format/segment.ts';
import { differsInOneByte, mendByte } from './mend-byte.ts';
import { findSegment, inspectSegment } from './segment.ts';

/** Something that is wrong in an index file. */
export interface Problem {
  /**
   * - `header`, `checkpoint`, `block`, `gap`: damaged, and nothing of the pictures with it
   * - `commit`: changes that were acknowledged cannot be read
   * - `row`: a picture's features are damaged; `values`: they hold a value that is no finite number
   * - `unused`: a damaged row that no picture uses any more
   * - `tail`: bytes behind the last commit; nothing says that they ever were acknowledged
   */
  kind: 'header' | 'checkpoint' | 'block' | 'gap' | 'commit' | 'row' | 'values' | 'unused' | 'tail';
  message: string;
  /** The picture. */
  id?: string;
}

/** What an inspection counts. */
export interface Counts {
  /** Bytes of the file. */
  byteLength: number;
  commits: number;
  /** Rows of pictures that were replaced or removed: a compaction drops them. */
  unusedRows: number;
}

/** What can be read of an index file, after a look at every byte. */
export interface Inspection extends Counts {
  header: Header;
  /** The pictures, in the order of adding. */
  entries: readonly PlacedEntry[];
  /** Those whose features are not whole. */
  lost: Set<PlacedEntry>;
  settings: ReadonlyMap<string, Json>;
  problems: Problem[];
  /** The first commit, which a compaction writes, could be read. */
  hasBeginning: boolean;
  /** The generation that replaces this file. */
  successor: number | undefined;
}

/** What is known of an index from elsewhere. */
export interface Beside {
  /** What the index holds, for a file whose header is lost. */
  info?: IndexInfo | undefined;
  /** An older file is there that was not replaced: then a file without a header was never finished. */
  olderCounts?: boolean;
}

/**
 * Reads every byte of an index file and keeps what its checksums prove.
 *
 * @returns `undefined` for a file that was never begun: no header, no commit
 * @throws LikenessError `bad-file` where nothing can be read without knowing more, `newer-format`
 */
export async function inspectFile(
  file: StoredFile,
  name: string,
  beside: Beside = {},
): Promise<Inspection | undefined> {
  const size = await file.size();
  const problems: Problem[] = [];
  const block = new Uint8Array(headerBytes);
  await file.read(0, block.subarray(0, Math.min(size, headerBytes)));
  const header = await inspectHeader(file, block, size, name, beside, problems);
  if (!header) return undefined;
  const checkpoint = decodeCheckpoint(block);
  const successor = decodeSuccessor(block);
  const problem = (kind: Problem['kind'], message: string, id?: string): void =>
    void problems.push({ kind, message, ...(id === undefined ? {} : { id }) });
  const changing = new Uint8Array(headerBytes);
  if (checkpoint) changing.set(encodeCheckpoint(checkpoint), checkpointAt);
  if (successor !== undefined) changing.set(encodeSuccessor(successor), successorAt);
  if (block.subarray(checkpointAt).some((byte, n) => byte !== changing[checkpointAt + n])) {
    problem('checkpoint', 'The checkpoint is damaged.');
  }

  const entries = new Entries();
  /** Rows, by where they begin. */
  const damagedAt = new Set<number>();
  const notFiniteAt = new Set<number>();
  const rowBytes = 4 * header.dimension;
  let position: Position = beginning(block);
  let commits = 0;
  let rows = 0;
  /** The commit before could not be read: its checksum is not known. */
  let unknown = problems.some(({ kind }) => kind === 'header');
  let hasBeginning = false;
  for (let at = headerBytes; at < size; ) {
    const segment = await inspectSegment(file, at, size, header.dimension, checkpoint);
    const why = typeof segment === 'string' ? segment : isNext(segment.head, position, unknown);
    if (typeof segment === 'string' || why !== undefined) {
      const next = await findSegment(file, at + blockBytes, size, header.dimension, position.sequence);
      if (next !== undefined || (checkpoint?.sequence ?? 0) > position.sequence) {
        const what = `Commit ${position.sequence + 1} at byte ${at} cannot be read (${why})`;
        problem('commit', `${what}: what it added, changed or removed is as it was before.`);
      } else {
        const where = `Behind the last whole commit, at byte ${at}`;
        problem('tail', `${where}, there are ${size - at} bytes of one that was not finished (${why}).`);
      }
      if (next === undefined) break;
      at = next;
      unknown = true;
      continue;
    }
    for (const what of segment.mended) {
      const where = `Commit ${segment.head.sequence} at byte ${at}`;
      problem(what === 'a gap' ? 'gap' : 'block', `${where}: ${what} is damaged; what was there is known.`);
    }
    const { rowsAt, records, checksums } = segment;
    for (const row of segment.damagedRows) damagedAt.add(rowsAt + row * rowBytes);
    for (const row of segment.notFiniteRows) notFiniteAt.add(rowsAt + row * rowBytes);
    entries.apply(records, { at: rowsAt, rowBytes, checksums });
    if (segment.head.sequence === 1) hasBeginning = true;
    commits++;
    rows += checksums.length;
    position = segment.position;
    at = position.end;
    unknown = false;
  }
  if (size <= position.end && (checkpoint?.sequence ?? 0) > position.sequence) {
    const { sequence, end } = checkpoint!;
    const what = `before commit ${sequence}, which ended at byte ${end}`;
    problem('commit', `The file ends at byte ${size}, ${what}: it was cut short.`);
  }

  const lost = new Set<PlacedEntry>();
  for (const entry of entries.list) {
    const { id, at } = entry;
    if (damagedAt.delete(at)) {
      problem('row', `The features of "${id}" at byte ${at} do not match their checksum.`, id);
      lost.add(entry);
    } else if (notFiniteAt.has(at)) {
      problem(
        'values',
        `The features of "${id}" hold a value that is no finite number (NaN or infinite).`,
        id,
      );
      lost.add(entry);
    }
  }
  for (const at of damagedAt) {
    problem('unused', `The features at byte ${at}, of a picture that was replaced or removed, are damaged.`);
  }
  return {
    header,
    entries: entries.list,
    lost,
    settings: entries.settings,
    problems,
    byteLength: size,
    commits,
    unusedRows: rows - entries.list.length,
    hasBeginning,
    successor,
  };
}

/** Why a segment does not belong here; `undefined` where it does. */
function isNext(
  head: { sequence: number; previousChecksum: number },
  position: Position,
  unknown: boolean,
): string | undefined {
  if (unknown) return head.sequence > position.sequence ? undefined : 'it is older than the one before';
  const next = head.sequence === position.sequence + 1 && head.previousChecksum === position.checksum;
  return next ? undefined : 'it does not belong behind the one before';
}

const hasContent = (block: Uint8Array): boolean => block.some((byte) => byte !== 0);

/** The header. A wrong byte of it is mended where the checksum allows. */
async function inspectHeader(
  file: StoredFile,
  block: Uint8Array,
  size: number,
  name: string,
  { info, olderCounts = false }: Beside,
  problems: Problem[],
): Promise<Header | undefined> {
  let problem: LikenessError | undefined;
  try {
    const header = decodeHeader(block, size, name);
    if (header && size >= headerBytes) return header;
  } catch (error) {
    if (!(error instanceof LikenessError)) throw error;
    problem = error;
  }
  const first = await readExactly(file, headerBytes, blockBytes);
  const mended = hasContent(block)
    ? mendHeader(block, first && decodeHead(first)?.previousChecksum)
    : undefined;
  if (mended) {
    const header = decodeHeader(mended, headerBytes + 1, name)!;
    block.set(mended);
    const message = 'The header is damaged in one byte; its checksum says what was there.';
    problems.push({ kind: 'header', message });
    return header;
  }
  if (problem?.code === 'newer-format') throw problem;
  if (olderCounts && !hasContent(block)) return undefined;
  const begun = (await findBlock(file, size, headerBytes, decodeHead)) !== undefined;
  if (!begun && !problem) return undefined;
  if (!begun) throw problem!;
  if (!info) {
    throw new LikenessError('bad-file', `${name} has lost its header: which model made it is not known.`);
  }
  problems.push({ kind: 'header', message: 'The header is lost; the model is taken from elsewhere.' });
  const header: Header = { ...info, identity: newIdentity(), generation: 1, synced: headerBytes };
  block.set(encodeHeader(header).subarray(0, checkpointAt));
  return header;
}

/** @param previous what the first segment says of the header's checksum */
function mendHeader(block: Uint8Array, previous: number | undefined): Uint8Array | undefined {
  const content = new Uint8Array(checkpointAt - 4);
  content.set(block.subarray(0, 60));
  content.set(block.subarray(64, checkpointAt), 60);
  const stored = checksumOfHeader(block);
  const actual = crc32(content);
  const whole = new Uint8Array(block);
  if (actual === previous || (previous === undefined && differsInOneByte(stored, actual))) {
    new DataView(whole.buffer).setUint32(60, actual, true);
    return whole;
  }
  const mended = mendByte(content, stored);
  if (!mended) return undefined;
  whole.set(mended.subarray(0, 60));
  whole.set(mended.subarray(60), 64);
  return whole;
}
