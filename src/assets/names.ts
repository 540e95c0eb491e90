/** Files of this package that a page fetches, by their path in `dist/web/`. */
export const assetNames = [
  'models/vgg16-compact/manifest.json',
  'models/vgg16-compact/model.onnx',
  'models/vgg16-compact/graph-1.bin',
  'models/vgg16-compact/dense-1.bin',
  'ort/jspi.js',
  'ort/jspi.wasm.gz',
  'ort/asyncify.js',
  'ort/asyncify.wasm.gz',
  'decoders/tiff.js',
  'decoders/avif.js',
  'decoders/webp-alpha.js',
  'decoders/jpeg-turbo.js',
] as const;

export type AssetName = (typeof assetNames)[number];

/** Scripts of workers, which can be named as files can. */
export const workerScripts = ['likeness-worker.js', 'likeness-knn-worker.js'] as const;

export type WorkerScript = (typeof workerScripts)[number];

/** Where each file is, in a form that can be posted to a worker. */
export type AssetUrls = Readonly<Record<AssetName, string>>;
