import { type Command, InvalidArgumentError } from 'commander';
import { LikenessError } from '../../base/errors.ts';
import { readInput } from '../input-file.ts';

/** Options of `likeness serve` that are the API's. */
export interface ApiServeOptions {
  /** Serve the API over the index. */
  api?: boolean;
  /** Serve the API over this, `lancedb:<uri>`. */
  engine?: string;
  /** The table of LanceDB. */
  table?: string;
  /** Of an object store. */
  endpoint?: string;
  /** Seconds that a change by another process may stay unseen. */
  stale?: number;
  /** A file that holds the token of those who may write. */
  tokenFile?: string;
  /** Origins whose pages may ask. */
  cors?: readonly string[];
  /** Take pictures, too. */
  extract?: boolean;
  maxK?: number;
  /** In MiB. */
  maxBody?: number;
  maxQueries?: number;
  log?: 'all' | 'failures' | 'faults' | 'off';
}

/** Names of the options above, but those that turn the API on. */
const names = [
  'table',
  'endpoint',
  'stale',
  'tokenFile',
  'cors',
  'extract',
  'maxK',
  'maxBody',
  'maxQueries',
  'log',
] as const satisfies (keyof ApiServeOptions)[];

const flag = (name: string): string => `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

/** An origin as browsers send it, behind those before it. */
export function origin(text: string, before: string[] = []): string[] {
  if (text === '*') return [...before, text];
  const parsed = URL.canParse(text) ? new URL(text) : undefined;
  if (!parsed || parsed.origin !== text.replace(/\/$/, '') || !/^https?:$/.test(parsed.protocol)) {
    throw new InvalidArgumentError(
      'An origin is wanted, without a path: https://example.org, or "*" for all.',
    );
  }
  return [...before, parsed.origin];
}

/** Refuses options that would do nothing, by name. */
export function checkApiOptions(
  options: ApiServeOptions & { index?: string; page: boolean },
  command: Command,
): void {
  const { api, engine, index } = options;
  const refuse = (message: string): never => command.error(`error: ${message}`);
  if (api === undefined && engine === undefined) {
    const idle = names.find((name) => command.getOptionValueSource(name) === 'cli');
    if (idle) refuse(`${flag(idle)} is for the API: add --api, or --engine lancedb:<uri>.`);
    if (!options.page) refuse('--no-page leaves nothing to serve: add --api.');
    return;
  }
  if (engine !== undefined) {
    if (!/^lancedb:./.test(engine))
      refuse(`--engine takes lancedb:<uri>, e.g. lancedb:./index.lance; it got ${engine}.`);
    if (index !== undefined) refuse('--engine and --index are two indexes; leave one of them out.');
    return;
  }
  if (index === undefined)
    refuse('--api needs an index: -i <index-dir>, or --engine lancedb:<uri> in its place.');
  const idle = (['table', 'endpoint', 'stale'] as const).find((name) => options[name] !== undefined);
  if (idle) refuse(`--${idle} is for --engine lancedb:<uri>.`);
}

/** Shorter ones are guessed. */
const shortestToken = 16;

/**
 * The token of those who may write: of the file, else of the environment's `LIKENESS_TOKEN`. An argument would be seen by
 * everybody who lists the machine's processes.
 *
 * @throws LikenessError `bad-argument`; of the file `not-found`
 */
export async function readToken(file: string | undefined): Promise<string | undefined> {
  const text =
    file === undefined ? process.env.LIKENESS_TOKEN : new TextDecoder().decode(await readInput(file));
  if (text === undefined) return undefined;
  const token = text.trim();
  const where = file === undefined ? 'LIKENESS_TOKEN' : file;
  if (token.length < shortestToken || !/^[\x21-\x7e]+$/.test(token)) {
    throw new LikenessError(
      'bad-argument',
      `The token in ${where} has to be ${shortestToken} or more letters, digits and signs of ASCII without spaces; it has ${token.length} characters. "openssl rand -hex 32" makes one.`,
    );
  }
  return token;
}
