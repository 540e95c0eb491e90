import { LikenessError } from '../base/errors.ts';
import { hearPolicy } from '../web/policy.ts';
import { whyNotLoaded } from '../web/why-not.ts';
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
