import type { AssetName } from './names.ts';

// One literal `new URL` for each file: only so does a bundler see it, copy it, and put its new address here. Kept in
// functions, as a script that is no module (an IIFE) has no `import.meta.url`. `scripts/build.mjs` checks that the list
// is that of the files in dist/web.

/** The URLs as the bundler has made them. */
export const bundled: Readonly<Record<AssetName, () => URL>> = {
  'models/vgg16-compact/manifest.json': () =>
    new URL('./models/vgg16-compact/manifest.json', import.meta.url),
  'models/vgg16-compact/model.onnx': () => new URL('./models/vgg16-compact/model.onnx', import.meta.url),
  'models/vgg16-compact/graph-1.bin': () => new URL('./models/vgg16-compact/graph-1.bin', import.meta.url),
  'models/vgg16-compact/dense-1.bin': () => new URL('./models/vgg16-compact/dense-1.bin', import.meta.url),
  'ort/jspi.js': () => new URL('./ort/jspi.js', import.meta.url),
  'ort/jspi.wasm.gz': () => new URL('./ort/jspi.wasm.gz', import.meta.url),
  'ort/asyncify.js': () => new URL('./ort/asyncify.js', import.meta.url),
  'ort/asyncify.wasm.gz': () => new URL('./ort/asyncify.wasm.gz', import.meta.url),
  'decoders/tiff.js': () => new URL('./decoders/tiff.js', import.meta.url),
  'decoders/avif.js': () => new URL('./decoders/avif.js', import.meta.url),
  'decoders/webp-alpha.js': () => new URL('./decoders/webp-alpha.js', import.meta.url),
  'decoders/jpeg-turbo.js': () => new URL('./decoders/jpeg-turbo.js', import.meta.url),
};
