import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LikenessError } from '../base/errors.ts';

export const packageName = 'likeness-search';

/**
 * A file or folder of this package. They lie beside the code, which a bundler may have put into somebody's own file:
 * then the package is looked for in `node_modules`, as Node would.
 *
 * Looked for when it is asked for, so that importing a bundle never fails.
 *
 * @throws LikenessError `not-found`, which says what to do, when the package is nowhere
 */
export function packagePath(...path: string[]): string {
  const folder = findPackage();
  if (folder !== undefined) return join(folder, ...path);
  throw new LikenessError(
    'not-found',
    `The files of the package "${packageName}" (${path.join('/')}) are not found from ${codeFolder()}. Bundled, the package still needs them: mark "${packageName}" as external in your bundler (esbuild --external:${packageName}) and have it in node_modules.`,
  );
}

/** {@link packagePath} where it is no fault that there is none. */
export const packagePathIfAny = (...path: string[]): string | undefined => {
  const folder = findPackage();
  return folder === undefined ? undefined : join(folder, ...path);
};

let found: string | undefined;

function findPackage(): string | undefined {
  for (let folder = codeFolder(); found === undefined; folder = dirname(folder)) {
    if (isOurs(folder)) found = folder;
    else if (isOurs(join(folder, 'node_modules', packageName)))
      found = join(folder, 'node_modules', packageName);
    // The root is its own parent.
    else if (dirname(folder) === folder) return undefined;
  }
  return found;
}

/** The folder of this code, which a bundle in CommonJS does not tell by its URL. */
export function codeFolder(): string {
  const url = (import.meta as { url?: string }).url;
  if (url?.startsWith('file:')) return dirname(fileURLToPath(url));
  return resolve(typeof __dirname === 'string' ? __dirname : '.');
}

/** Another package's folder holds a `package.json` too: that of the program that this code was bundled into. */
function isOurs(folder: string): boolean {
  const path = join(folder, 'package.json');
  if (!existsSync(path)) return false;
  try {
    return (JSON.parse(readFileSync(path, 'utf8')) as { name?: unknown } | null)?.name === packageName;
  } catch {
    return false;
  }
}
