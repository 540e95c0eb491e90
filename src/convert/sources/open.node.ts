import { LikenessError } from '../../base/errors.ts';
import { openFile } from '../../base/open-file.node.ts';
import { type OpenFile, readBytes } from '../../base/random-access.ts';
import { checkFirstRow } from '../finite.ts';
import type { Weight } from '../vgg16-weights.ts';
import { bad } from './architecture.ts';
import { openKerasArchive } from './keras-archive.node.ts';
import { openKerasVgg16 } from './keras-h5.node.ts';
import { vgg16InOnnx } from './onnx-zoo.node.ts';
import { kinds, refuseFolder, refuseOthers, startsWith } from './other-files.node.ts';
import { parseSafetensors } from './safetensors.ts';
import { checkTensorNames, vgg16InTensors } from './torchvision.ts';
import { checkedWeights, type SourceWeight } from './vgg16-source.ts';

/** Whose weights they are. `canonical`: named as in this project; what they are for is not in the file. */
export type SourceKind = 'keras' | 'torchvision' | 'onnx-zoo' | 'canonical';

export interface Vgg16Source {
  kind: SourceKind;
  /** By canonical name; read from the file when they are asked for, so it has to stay open. */
  weights: Map<string, Weight>;
  close(): Promise<void>;
}

/**
 * Opens a file of VGG16's weights, up to fc1: Keras' HDF5 or `.keras`, safetensors with the names of torchvision, timm or this
 * project, or an ONNX model as in the Model Zoo. What kind it is, is seen from its first bytes.
 *
 * Weights are in canonical form: kernels [out, in, 3, 3] with the input channels in the file's order (BGR in Keras' file,
 * RGB in the others), `fc1.weight` [out, C·h·w] over a channels-first flatten. `data` reads no more than the rows asked
 * for.
 *
 * @throws LikenessError `not-found`, `bad-argument` for a folder, or `bad-file` with what came and what is wanted
 */
export async function openVgg16Weights(path: string): Promise<Vgg16Source> {
  refuseFolder(path);
  const file = await openFile(path);
  try {
    const { kind, found, close } = await find(path, file);
    try {
      const weights = checkedWeights(found);
      await checkFirstRow(weights.get('fc1.bias')!, found.get('fc1.bias')!.origin);
      // In Keras' file a row is a column: its values are all over the file, and it has none of these NaN.
      if (kind !== 'keras') await checkFirstRow(weights.get('fc1.weight')!, found.get('fc1.weight')!.origin);
      return { kind, weights, close };
    } catch (error) {
      await close();
      throw error;
    }
  } catch (error) {
    await file.close();
    if (!(error instanceof LikenessError) || error.message.startsWith(path)) throw error;
    const code = error.code === 'bad-model' ? 'bad-file' : error.code;
    throw new LikenessError(code, `${path}: ${error.message}`, { cause: error });
  }
}

async function find(
  path: string,
  file: OpenFile,
): Promise<{ kind: SourceKind; found: Map<string, SourceWeight>; close(): Promise<void> }> {
  const head = await readBytes(file, 0, Math.min(512, await file.size()));
  const { close } = file;
  const isHdf5 = startsWith(head, '\x89HDF\r\n\x1a\n');
  if (isHdf5 || startsWith(head, 'PK\x03\x04')) {
    const opened = await (isHdf5 ? openKerasVgg16(path, file) : openKerasArchive(file));
    await file.close();
    return { kind: 'keras', ...opened };
  }
  refuseOthers(head);
  // No header has 2³² bytes.
  if (head.length > 8 && head.subarray(4, 8).every((byte) => byte === 0) && head[8] === 0x7b)
    return { ...vgg16InTensors(await parseSafetensors(file, checkTensorNames)), close };
  // The first field of an ONNX model is its version, a varint.
  if (head[0] === 8) return { kind: 'onnx-zoo', found: await vgg16InOnnx(file), close };
  throw bad(`This is no file of weights that is known here. Wanted: ${kinds}.`);
}
