import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { LikenessError } from '../../base/errors.ts';
import { bad } from './architecture.ts';

/** What is read, for messages. */
export const kinds =
  "Keras' vgg16_weights_tf_dim_ordering_tf_kernels.h5, model.safetensors of timm/vgg16.tv_in1k, or vgg16-7.onnx or vgg16-12.onnx of the ONNX Model Zoo";

const torchAdvice =
  'The same weights are in model.safetensors of timm/vgg16.tv_in1k on Hugging Face; your own are converted in Python: from safetensors.torch import save_file; import torch; save_file(torch.load("FILE", weights_only=True), "vgg16.safetensors").';
const pickle = 'It holds a Python pickle, which can run code when it is read, and is not read here.';

export const isTorch: string = `This is a PyTorch file (.pth, .pt or .bin). ${pickle} ${torchAdvice}`;

export function startsWith(bytes: Uint8Array, text: string, at = 0): boolean {
  return (
    at + text.length <= bytes.length &&
    Array.from(text).every((char, i) => bytes[at + i] === char.charCodeAt(0))
  );
}

/** Files that begin so are known, and not read. */
const magics: [text: string, at: number, what: string][] = [
  ...[2, 3, 4, 5].map((version): [string, number, string] => [
    `\x80${String.fromCharCode(version)}`,
    0,
    isTorch,
  ]),
  [
    'TFL3',
    4,
    'This is a TensorFlow Lite model. Its weights are rounded, and not read here; take the weights that it was made of.',
  ],
  [
    '\x93NUMPY',
    0,
    'This is a NumPy array, not a network. Features are imported by "likeness import", not built into a model.',
  ],
  ['\x1f\x8b', 0, 'This is a gzip archive; unpack it (tar xzf, or gunzip) and give the file in it.'],
  ['BZh', 0, 'This is a bzip2 archive; unpack it and give the file in it.'],
  ['\xfd7zXZ', 0, 'This is an xz archive; unpack it and give the file in it.'],
  ['7z\xbc\xaf', 0, 'This is a 7-Zip archive; unpack it and give the file in it.'],
  ['ustar', 257, 'This is a tar archive; unpack it (tar xf) and give the file in it.'],
  ['MATLAB', 0, `This is a MATLAB file, and not read here. Wanted: ${kinds}.`],
  ['GGUF', 0, `This is a GGUF file, and not read here. Wanted: ${kinds}.`],
  [
    '\x00\x05\x16\x07',
    0,
    'This is what macOS keeps beside a file, under its name with "._" before it; give the file itself.',
  ],
  ['PK\x05\x06', 0, 'This is an empty zip archive.'],
];

const savedModel =
  'It is converted in one line of Keras: keras.models.load_model("FOLDER").save("vgg16.h5") (Keras 2, or tf_keras).';
const tfjs =
  'It is converted in one line: tensorflowjs_converter --input_format tfjs_layers_model --output_format keras FOLDER/model.json vgg16.h5.';

/** Says what people have instead of the file. @throws LikenessError `bad-file`, when it is something that is known */
export function refuseOthers(head: Uint8Array): void {
  if (head.length === 0) throw bad(`The file is empty. Wanted: ${kinds}.`);
  for (const [text, at, what] of magics) if (startsWith(head, text, at)) throw bad(what);
  const text = new TextDecoder('latin1').decode(head).replace(/^ï»¿/, '').trimStart();
  if (text.startsWith('version https://git-lfs')) {
    const size = /^size (\d+)/m.exec(text)?.[1];
    throw bad(
      `This is a Git LFS pointer${size ? ` to a file of ${size} bytes` : ''}, not the file. Fetch it with "git lfs pull", or download it from the page of the file.`,
    );
  }
  if (/^<(!doctype|!--|html|\?xml|head|error)/i.test(text))
    throw bad(`This is a web page, not the file: the download went wrong. Wanted: ${kinds}.`);
  if (/^[{[]/.test(text)) {
    throw bad(
      /modelTopology|weightsManifest|layers-model|graph-model/.test(text)
        ? `This is the model.json of TensorFlow.js. ${tfjs}`
        : `This is JSON, no file of weights that is known here. Wanted: ${kinds}.`,
    );
  }
  if (head.subarray(0, 8).every((byte) => byte === 0) && head.length >= 8)
    throw bad(
      `The file begins with zeros: its place was kept for a download that did not come. Wanted: ${kinds}.`,
    );
  if (/VGG_ILSVRC|caffe/i.test(text))
    throw bad(
      `This looks like a file of Caffe, which is not read here. The same weights are Keras'. Wanted: ${kinds}.`,
    );
}

/** Says what a folder is that was given for a file. @throws LikenessError `bad-argument` when `path` is a folder */
export function refuseFolder(path: string): void {
  let names: string[];
  try {
    if (!statSync(path).isDirectory()) return;
    names = readdirSync(path).sort();
  } catch {
    return; // opening it will say
  }
  const isFolder = (what: string): LikenessError =>
    new LikenessError('bad-argument', `${path} is a folder${what}`);
  if (names.includes('saved_model.pb')) {
    throw isFolder(`, a SavedModel of TensorFlow, and not read here. ${savedModel.replace('FOLDER', path)}`);
  }
  if (names.includes('model.json')) {
    throw isFolder(`, a model of TensorFlow.js, and not read here. ${tfjs.replace('FOLDER', path)}`);
  }
  if (names.includes('manifest.json') && names.includes('model.onnx')) {
    throw isFolder(' with a model that is built already; check it with "likeness model verify".');
  }
  // "._model.h5" is what macOS keeps beside "model.h5".
  const file = names.find(
    (name) => !name.startsWith('.') && /\.(h5|hdf5|keras|safetensors|onnx)$/i.test(name),
  );
  throw isFolder(file ? `; give the file in it: ${join(path, file)}.` : `; wanted a file: ${kinds}.`);
}
