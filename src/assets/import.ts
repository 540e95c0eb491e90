import { LikenessError } from '../errors.ts';
import type { Decoders } from '../image/decoders.ts';
import { hearPolicy } from '../policy.ts';
import { whyNotLoaded } from '../why-not.ts';
import type { AssetName, AssetUrls } from './names.ts';

/**
 * Imports a module that lies in a file of its own. No bundler follows this: `scripts/build.mjs` puts the comments that
 * ask for it into the built code, from which minifying takes comments away.
 *
 * @throws LikenessError `not-found`
 */
export async function importAsset<Module>(urls: AssetUrls, name: AssetName): Promise<Module> {
  const url = urls[name];
  const policy = hearPolicy();
  try {
    return (await import(url)) as Module;
  } catch (cause) {
    const why = (await whyNotLoaded(url, policy, 'module')) ?? (cause as Error).message;
    throw new LikenessError('not-found', `${url} cannot be loaded: ${why}.`, { cause });
  } finally {
    policy.end();
  }
}

/** Decoders as files of their own. */
export const assetDecoders = (urls: AssetUrls): Decoders => ({
  tiff: () => importAsset(urls, 'decoders/tiff.js'),
  avif: () => importAsset(urls, 'decoders/avif.js'),
  jpegTurbo: () => importAsset(urls, 'decoders/jpeg-turbo.js'),
  webpAlpha: () => importAsset(urls, 'decoders/webp-alpha.js'),
});
