import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { refuse, urlOf } from '../base/checks.ts';
import { isUrl } from '../base/class-of.ts';
import { LikenessError } from '../base/errors.ts';
import type { AssetName } from './names.ts';
import { codeFolder, packageName, packagePathIfAny } from './package-root.node.ts';
import type { AssetLocation } from './resolve.ts';

/** Files in `dist/web/` that Node reads, too. */
type NodeAsset = Extract<AssetName, `models/${string}` | 'ort/asyncify.wasm.gz'>;

/**
 * One literal `new URL` for each: only so do webpack and the tracers of what a server needs (`@vercel/nft`: Next, Vercel)
 * see a file and take it along; the latter only where it is an argument. Modules of ours lie side by side in `dist/node/`.
 */
const bundled: Readonly<Record<NodeAsset, () => string>> = {
  'models/vgg16-compact/manifest.json': () =>
    pathOf(new URL('../web/models/vgg16-compact/manifest.json', import.meta.url)),
  'models/vgg16-compact/model.onnx': () =>
    pathOf(new URL('../web/models/vgg16-compact/model.onnx', import.meta.url)),
  'models/vgg16-compact/graph-1.bin': () =>
    pathOf(new URL('../web/models/vgg16-compact/graph-1.bin', import.meta.url)),
  'models/vgg16-compact/dense-1.bin': () =>
    pathOf(new URL('../web/models/vgg16-compact/dense-1.bin', import.meta.url)),
  'ort/asyncify.wasm.gz': () => pathOf(new URL('../web/ort/asyncify.wasm.gz', import.meta.url)),
};

function pathOf(url: URL): string {
  return url.protocol === 'file:' ? fileURLToPath(url) : pathInNext(url);
}

/** Where Next's webpack puts files of the server's code, from the folder that its server runs in. */
const nextFolders = ['.next/server/chunks/static/media', '.next/server/static/media', '.next/static/media'];

/** In Next's server, bundled by webpack, `new URL` gives where a browser finds the file: `/_next/static/media/model.1a2b.onnx`. */
function pathInNext({ pathname }: URL): string {
  const places = nextFolders.map((folder) => join(process.cwd(), folder, basename(pathname)));
  return places.find((path) => existsSync(path)) ?? places[0]!;
}

/** The names of the models that this package has. */
export const builtInModels: readonly string[] = [
  ...new Set(Object.keys(bundled).flatMap((name) => /^models\/([^/]+)\//.exec(name)?.[1] ?? [])),
];

export const isHttp = (place: string): boolean => /^https?:\/\//i.test(place);

/**
 * Where a file of `dist/web/` is: a path, or a URL where `assets` names one. It is where the program says, else where a
 * bundler has put it, else in a folder `likeness` beside this code, else in the package in `node_modules`.
 *
 * @throws LikenessError `bad-argument`; `not-found`, which says what to do
 */
export function assetAt(name: string, assets: AssetLocation | undefined): string {
  const given = givenAsset(name, assets);
  if (given !== undefined) return given;
  const places = [traced(name), join(codeFolder(), 'likeness', name), packagePathIfAny('dist/web', name)];
  const found = places.find((path) => path !== undefined && existsSync(path));
  if (found !== undefined) return found;
  throw new LikenessError(
    'not-found',
    `${name} of "${packageName}" is not found from ${codeFolder()}. Where the package was bundled, copy node_modules/${packageName}/dist/web to ${join(codeFolder(), 'likeness')}, or name the folder where it is: open({ assets: '/folder' }).`,
  );
}

/** Where a bundler has put a file, or where it is in the package. */
function traced(name: string): string | undefined {
  try {
    return bundled[name as NodeAsset]();
  } catch {
    return undefined; // of a bundle in CommonJS, which has no URL, or of a name that is none of ours
  }
}

const wanted =
  "the folder with what is in likeness-search/dist/web, by path or URL, or the places of files by name, e.g. { 'models/vgg16-compact/model.onnx': '/folder/model.onnx' }";

function givenAsset(name: string, assets: AssetLocation | undefined): string | undefined {
  if (assets === undefined) return undefined;
  if (typeof assets === 'string' || isUrl(assets)) {
    const folder = placeOf(assets, 'assets');
    return isHttp(folder) ? new URL(name, folder.replace(/\/*$/, '/')).href : join(folder, name);
  }
  if (typeof assets !== 'object' || assets === null) return refuse('assets', assets, wanted);
  for (const key of Object.keys(assets))
    if (!/^[\w.-]+(\/[\w.-]+)+$/.test(key)) refuse('A name in assets', key, wanted);
  return Object.hasOwn(assets, name) ? placeOf(assets[name]!, `assets['${name}']`) : undefined;
}

function placeOf(place: string | URL, what: string): string {
  const text = typeof place === 'string' ? place : isUrl(place) ? place.href : '';
  if (text === '') return refuse(what, place, wanted);
  if (/^file:/i.test(text)) {
    try {
      return fileURLToPath(text);
    } catch {
      return refuse(what, text, 'a file: URL of this machine, file:///…');
    }
  }
  if (isHttp(text)) return urlOf(text, text)?.href ?? refuse(what, text, wanted);
  return isUrl(place) ? refuse(what, text, wanted) : text;
}
