import { refuse, urlOf } from '../base/checks.ts';
import { isUrl } from '../base/class-of.ts';
import { LikenessError } from '../base/errors.ts';
import type * as web from '../base/web-types.ts';
import { programBase } from '../web/place.ts';
import { type AssetName, assetNames, type WorkerScript, workerScripts } from './names.ts';

/**
 * Where this package's files for pages are, when a bundler or server has them elsewhere: the URL of a folder with all
 * that is in `likeness-search/dist/web/`, or URLs by their paths in there.
 */
export type AssetLocation = string | web.URL | Readonly<Record<string, string | web.URL>>;

/** @internal What a program says of a file, as an absolute URL; `undefined` where it says nothing. */
export function givenAsset(
  assets: AssetLocation | undefined,
  name: AssetName | WorkerScript,
): string | undefined {
  const given = namedAssets(assets);
  return typeof given === 'string' ? new URL(name, given).href : given?.[name];
}

/** @internal The folder of files that a program names, with a slash at its end; `undefined` where it names none. */
export function givenFolder(assets: AssetLocation | undefined): string | undefined {
  const given = namedAssets(assets);
  return typeof given === 'string' ? given : undefined;
}

/** @internal @throws LikenessError `not-found` */
export function nowhere(name: string): never {
  throw new LikenessError(
    'not-found',
    `This script does not know where it is, nor where ${name} is. Copy node_modules/likeness-search/dist/web to your site and name that folder: open({ assets: '/likeness/' }).`,
  );
}

const wanted =
  "the URL of a folder, or URLs by name, e.g. { 'models/vgg16-compact/model.onnx': '/files/model.onnx' }";

function namedAssets(assets: AssetLocation | undefined): string | Record<string, string> | undefined {
  if (assets === undefined) return undefined;
  if (typeof assets === 'string' || isUrl(assets)) {
    const text = String(assets);
    const url = text === '' ? undefined : urlOf(text, programBase());
    if (!url) refuse('assets', text, wanted);
    return url.href.endsWith('/') ? url.href : `${url.href}/`;
  }
  if (typeof assets !== 'object' || assets === null) refuse('assets', assets, wanted);
  const known = new Set<string>([...assetNames, ...workerScripts]);
  return Object.fromEntries(
    Object.entries(assets).map(([name, value]) => {
      if (!known.has(name)) refuse('A name in assets', name, `one of ${[...known].join(', ')}`);
      const isPlace = (typeof value === 'string' && value !== '') || isUrl(value);
      const url = isPlace ? urlOf(value, programBase()) : undefined;
      return [name, url?.href ?? refuse(`assets['${name}']`, value, 'a URL')];
    }),
  );
}
