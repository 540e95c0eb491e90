import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, delimiter, dirname, join, sep } from 'node:path';
import { promisify } from 'node:util';
import { root } from '../cli.ts';

const run = promisify(execFile);
const sources = join(root, 'test/consumers');
const isWindows = process.platform === 'win32';
const npm = isWindows ? 'npm.cmd' : 'npm';

/** What is in a project's folder after somebody has built it there. */
const built = new Set(['node_modules', '_site', 'dist', 'out', '.next', '.astro', 'likeness', 'photos']);

/** `npm run consumers -- --newest`: packages of today rather than those that package.json names. */
const newest = process.env.LIKENESS_CONSUMERS === 'newest';

/** Outside of the checkout, so that no project finds its packages; another one for each checkout. */
const home = join(
  tmpdir(),
  `likeness-consumers-${createHash('sha256').update(root).digest('hex').slice(0, 8)}`,
);

/** A program that uses the package, in a folder of its own, with the packed package installed. */
export interface Project {
  folder: string;
  /** Runs a command that is installed, or `node`, with arguments without spaces, and gives what it printed. */
  run(line: string): Promise<string>;
  /** Versions of what its package.json names, e.g. `vite 8.4.0`. */
  versions: string;
}

/** Copies a project of `test/consumers/projects` and installs into it; what other packages it had installed is kept. */
export const createProject = (name: string): Promise<Project> =>
  install(join(sources, 'projects', name), name);

/**
 * As {@link createProject}, a project of `examples`.
 *
 * @param add packages that it needs on this machine only, with their versions
 */
export const createExample = (name: string, add: Record<string, string> = {}): Promise<Project> =>
  install(join(root, 'examples', name), `example-${name}`, add);

/** Files of an example as it is in the checkout, without what was installed or built there. */
export async function exampleFiles(name: string): Promise<string[]> {
  const folder = join(root, 'examples', name);
  const isOurs = (path: string): boolean =>
    path
      .slice(folder.length)
      .split(sep)
      .every((part) => !built.has(part));
  return (await filesOf(folder)).filter(isOurs);
}

async function install(source: string, name: string, add: Record<string, string> = {}): Promise<Project> {
  const archive = await pack();
  const manifest = JSON.parse(await readFile(join(source, 'package.json'), 'utf8'));
  for (const kind of ['dependencies', 'devDependencies'] as const) {
    for (const dependency of Object.keys(manifest[kind] ?? {})) {
      if (newest) manifest[kind][dependency] = manifest.newest?.[dependency] ?? 'latest';
    }
  }
  manifest.dependencies = { ...manifest.dependencies, ...add };
  const isForBuild = 'likeness-search' in (manifest.devDependencies ?? {});
  (isForBuild ? manifest.devDependencies : manifest.dependencies)['likeness-search'] = `file:${archive.file}`;
  const ours = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  const key = JSON.stringify([manifest, ours.dependencies, ours.peerDependencies, process.version, newest]);
  const folder = join(home, name);
  await mkdir(folder, { recursive: true });
  const stamp = join(folder, 'node_modules', '.consumer');
  const isInstalled = existsSync(stamp) && (await readFile(stamp, 'utf8')) === key && !newest;
  for (const entry of await readdir(folder)) {
    if (isInstalled && entry === 'node_modules') continue;
    await rm(join(folder, entry), { recursive: true, force: true });
  }
  await cp(source, folder, { recursive: true, filter: (path) => !built.has(basename(path)) });
  await cp(join(sources, 'lib'), join(folder, 'lib'), { recursive: true });
  await writeFile(join(folder, 'package.json'), JSON.stringify(manifest, null, 2));
  const target = join(folder, 'node_modules/likeness-search');
  if (isInstalled) {
    await rm(target, { recursive: true, force: true });
    await mkdir(target);
    await run('tar', ['-xzf', archive.file, '-C', target, '--strip-components=1']);
  } else {
    await run(npm, ['install', '--no-package-lock', '--no-audit', '--no-fund', '--prefer-offline'], {
      cwd: folder,
      shell: isWindows,
      maxBuffer: 1 << 26,
    });
    await writeFile(stamp, key);
  }
  await rm(join(folder, 'node_modules/.vite'), { recursive: true, force: true });
  const named = Object.keys({ ...manifest.devDependencies, ...manifest.dependencies });
  const versions = await Promise.all(
    named
      .filter((dependency) => dependency !== 'likeness-search')
      .map(async (dependency) => {
        const file = join(folder, 'node_modules', dependency, 'package.json');
        return `${dependency} ${JSON.parse(await readFile(file, 'utf8')).version}`;
      }),
  );
  return {
    folder,
    versions: versions.join(', '),
    async run(line) {
      const [command, ...args] = line.split(' ') as [string, ...string[]];
      const { file, env } = commandLine(folder, command);
      // What the user's cache holds may be of other code.
      env.XDG_CACHE_HOME = join(folder, 'cache');
      const options = { cwd: folder, env, maxBuffer: 1 << 26, shell: isWindows };
      const { stdout, stderr } = await run(file, args, options).catch((error) => {
        throw new Error(`${line}:\n${error.stdout}${error.stderr}`);
      });
      return stdout + stderr;
    },
  };
}

const env: NodeJS.ProcessEnv = {
  ...process.env,
  NEXT_TELEMETRY_DISABLED: '1',
  ASTRO_TELEMETRY_DISABLED: '1',
  PARCEL_WORKERS: '1',
  NODE_ENV: '',
  NO_COLOR: '1',
};
// A build asks these, and the test runner has set them for itself.
for (const name of ['NODE_ENV', 'NODE_OPTIONS', 'NODE_TEST_CONTEXT', 'FORCE_COLOR']) delete env[name];

/** What to spawn: a command that the project has installed, or `node`; with the project's own Node where it names one. */
export function commandLine(folder: string, command: string): { file: string; env: NodeJS.ProcessEnv } {
  const bin = join(folder, 'node_modules/.bin');
  const path = [join(folder, 'node_modules/node/bin'), bin, dirname(process.execPath), env.PATH].join(
    delimiter,
  );
  return { file: command, env: { ...env, PATH: path } };
}

/** The package as `npm publish` would send it; made again when `dist/` is built again. */
async function pack(): Promise<{ file: string }> {
  const times = await Promise.all((await filesOf(join(root, 'dist'))).map((file) => stat(file)));
  const folder = join(home, `package-${Math.max(...times.map(({ mtimeMs }) => Math.round(mtimeMs)))}`);
  const file = join(folder, 'likeness-search.tgz');
  if (!existsSync(file)) {
    await mkdir(folder, { recursive: true });
    const packed = await run(npm, ['pack', '--ignore-scripts', '--json', '--pack-destination', folder], {
      cwd: root,
      shell: isWindows,
      maxBuffer: 1 << 26,
    });
    const [{ filename }] = JSON.parse(packed.stdout);
    await cp(join(folder, filename), file);
    for (const entry of await readdir(home)) {
      if (entry.startsWith('package-') && join(home, entry) !== folder)
        await rm(join(home, entry), { recursive: true, force: true });
    }
  }
  return { file };
}

/** Bytes of all files in a folder. */
export async function sizeOf(folder: string): Promise<number> {
  const files = await Promise.all((await filesOf(folder)).map((file) => stat(file)));
  return files.reduce((sum, { size }) => sum + size, 0);
}

async function filesOf(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}
