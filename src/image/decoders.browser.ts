import { importAsset } from '../assets/import.ts';
import type { AssetUrls } from '../assets/names.ts';
import type { Decoders } from './decoders.ts';

/** Decoders as files of their own. */
export const assetDecoders = (urls: AssetUrls): Decoders => ({
  tiff: () => importAsset(urls, 'decoders/tiff.js'),
  avif: () => importAsset(urls, 'decoders/avif.js'),
  jpegTurbo: () => importAsset(urls, 'decoders/jpeg-turbo.js'),
  webpAlpha: () => importAsset(urls, 'decoders/webp-alpha.js'),
});
