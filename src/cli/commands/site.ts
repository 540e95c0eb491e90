import { buildSite } from '../../site/build.ts';
import type { SiteProgress } from '../../site/options.ts';
import type { SiteSummary } from '../../site/summary.ts';
import { Interrupted, interruptible } from '../interrupt.ts';
import { print, printJson, say, sayList } from '../print.ts';
import { type ProgressBar, progressBar } from '../progress.ts';

export interface SiteOptions {
  base?: string;
  model: string;
  k: number;
  search: boolean;
  pictures: string[];
  select?: string;
  exclude: string[];
  small: number;
  cache?: string;
  threads?: number;
  dryRun?: boolean;
  json?: boolean;
  quiet?: boolean;
}

/** `likeness site <folder>`: makes the pictures of a built site searchable. */
export function site(folder: string, options: SiteOptions): Promise<void> {
  return interruptible((stop) => run(folder, options, stop));
}

async function run(
  folder: string,
  { small, json, quiet, ...options }: SiteOptions,
  stop: AbortSignal,
): Promise<void> {
  const bars = quiet ? undefined : new Bars();
  let summary: SiteSummary;
  try {
    summary = await buildSite({
      ...options,
      folder,
      smallSize: small,
      signal: stop,
      onProgress: bars && ((progress) => bars.update(progress)),
    });
  } catch (error) {
    if (stop.aborted) throw interruption(stop);
    throw error;
  } finally {
    bars?.stop();
  }
  const { failed, unread, missing, warnings } = summary;
  const rest = json ? '' : ' (--json lists all)';
  for (const warning of warnings) say(`likeness: ${warning}`);
  if (!quiet) {
    sayList(
      failed.map(({ id, message }) => `skipped ${id}: ${message}`),
      rest,
    );
    sayList(
      unread.map(({ path, message }) => `passed over ${path}: ${message}`),
      rest,
    );
    sayList(
      missing.map((path) => `not in ${folder}: ${path}`),
      rest,
    );
  }
  if (json) printJson(summary);
  else for (const line of describe(summary)) print(line);
}

const names: Record<SiteProgress['phase'], string> = {
  pages: 'Reading pages',
  pictures: 'Pictures',
  neighbours: 'Comparing',
  write: 'Writing',
};

/** A bar for each phase. */
class Bars {
  #phase: SiteProgress['phase'] | undefined;
  #bar: ProgressBar | undefined;

  update({ phase, done, total, extracted }: SiteProgress): void {
    if (total === 0) {
      this.stop();
      return;
    }
    if (phase !== this.#phase) {
      this.stop();
      this.#phase = phase;
      this.#bar = progressBar(names[phase], total);
    }
    this.#bar?.update(done, extracted);
  }

  stop(): void {
    this.#bar?.stop();
    this.#bar = undefined;
  }
}

function interruption(stop: AbortSignal): Interrupted {
  const { signal } = stop.reason as Interrupted;
  return new Interrupted(
    signal,
    'interrupted: the index that was there is whole; the same command goes on from here.',
  );
}

const kilobytes = (bytes: number): string =>
  bytes >= 999_500 ? `${(bytes / 1e6).toFixed(1)} MB` : `${Math.ceil(bytes / 1e3)} kB`;

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;

/** `3 new`, or nothing where there are none. */
const some = (count: number, what: string): string | undefined =>
  count > 0 ? `${count} ${what}` : undefined;

const reasons: Record<string, string> = {
  remote: 'on other hosts',
  'data-url': 'in data: URLs',
  missing: 'not there',
  outside: 'outside of the folder',
  format: 'of formats that are not read',
  ignored: 'with data-likeness-ignore',
  excluded: 'excluded',
  'not-selected': 'not selected',
  small: 'below 32 pixels',
};

function describe(summary: SiteSummary): string[] {
  const { output, dryRun, pages, pictures, extracted, added, changed, removed, failed, passedOver } = summary;
  const { bytes, totalBytes, files, visitor, seconds } = summary;
  const counts = [
    some(added, 'new'),
    some(changed, 'changed'),
    some(removed, 'removed'),
    `${extracted} extracted`,
    some(failed.length, 'skipped because they could not be read'),
  ].filter((text) => text !== undefined);
  const passed = Object.entries(passedOver).map(([reason, count]) => `${count} ${reasons[reason]}`);
  const kinds = Object.entries(bytes).flatMap(([kind, size]) =>
    size > 0 ? [`${kind} ${kilobytes(size)}`] : [],
  );
  const search =
    visitor.firstSearch === undefined
      ? ''
      : `, ${kilobytes(visitor.firstSearch)} for the first search with a photograph`;
  return [
    `${output}: ${counted(pictures, 'picture')} of ${counted(pages, 'page')} (${counts.join(', ')}) in ${seconds.toFixed(1)} s`,
    ...(passed.length > 0 ? [`passed over: ${passed.join(', ')}`] : []),
    `${kilobytes(totalBytes)}: ${kinds.join(', ')}`,
    `${dryRun ? 'would write' : 'wrote'} ${counted(files.written, 'file')} (${kilobytes(files.writtenBytes)}), ${files.kept} are as they were, ${files.removed} removed`,
    `a visitor loads ${kilobytes(visitor.firstSimilar)} for the first similar pictures${search}`,
  ];
}
