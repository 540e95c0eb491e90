import { placeOf } from '../web/place.ts';
import { bundled } from './bundled.ts';
import { type AssetUrls, assetNames } from './names.ts';
import { type AssetLocation, givenAsset, nowhere } from './resolve.ts';

/**
 * All files, where the program says, else where the bundler has put them, else beside this code.
 *
 * @throws LikenessError `bad-argument`; `not-found` where a script that is no module does not know where it is
 */
export function assetUrls(assets: AssetLocation | undefined): AssetUrls {
  return Object.fromEntries(
    assetNames.map((name) => [
      name,
      givenAsset(assets, name) ?? placeOf(name, bundled[name]) ?? nowhere(name),
    ]),
  ) as AssetUrls;
}
