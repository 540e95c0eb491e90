import type { Encoding } from '../../network/dense/encoding.ts';
import type { ModelDescription } from '../write.ts';
import type { SourceKind } from './open.node.ts';

/** The usual preprocessing of networks trained on ImageNet; mean and deviation of R G B from 0 to 1. */
const imageNet = {
  shorterSide: 256,
  rgbFirst: true,
  divisor: 255,
  mean: [0.485, 0.456, 0.406],
  std: [0.229, 0.224, 0.225],
} as const;

/** imagenet_utils.py of Keras, mode "caffe". */
const caffe = { resample: 'bicubic', channels: 'BGR', mean: [103.939, 116.779, 123.68] } as const;

/** Sets of weights that are called VGG16. Their features are not interchangeable. */
const sources: Record<
  SourceKind,
  Pick<ModelDescription, 'licence' | 'origin' | 'preprocessing'> & { attribution: string }
> = {
  keras: {
    licence: 'CC-BY-4.0',
    origin: 'keras.applications.VGG16, weights "imagenet": the Oxford VGG group’s configuration D.',
    preprocessing: caffe,
    attribution: `The weights are those of keras.applications.VGG16 ("imagenet"), converted by the Keras authors (code:
Apache-2.0) from the Caffe model of K. Simonyan and A. Zisserman, "Very Deep Convolutional Networks for Large-Scale
Image Recognition" (arXiv 1409.1556), which the Visual Geometry Group, University of Oxford, released under the Creative
Commons Attribution licence (https://creativecommons.org/licenses/by/4.0/).`,
  },
  torchvision: {
    licence: 'BSD-3-Clause',
    origin: 'torchvision.models.vgg16, weights IMAGENET1K_V1; also timm/vgg16.tv_in1k.',
    // torchvision/transforms/_presets.py, ImageClassification with its defaults
    preprocessing: { resample: 'bilinear', channels: 'RGB', ...imageNet },
    attribution: `The weights are those of torchvision.models.vgg16 (IMAGENET1K_V1), also published as timm/vgg16.tv_in1k, under the
BSD 3-Clause licence. Copyright (c) Soumith Chintala 2016 and the torchvision contributors.`,
  },
  'onnx-zoo': {
    licence: 'Apache-2.0',
    origin: 'ONNX Model Zoo, vgg16 (from MXNet Gluon).',
    // onnx/models, validated/vision/classification/imagenet_preprocess.py
    preprocessing: { resample: 'bilinear', channels: 'RGB', ...imageNet },
    attribution: `The weights are those of vgg16 in the ONNX Model Zoo, converted from the MXNet Gluon model zoo, under the Apache
License 2.0 (https://www.apache.org/licenses/LICENSE-2.0).`,
  },
  // A network of one's own in this project's names: taken to be trained as Keras' is fed.
  canonical: {
    licence: 'unknown',
    origin: 'A safetensors file of weights under this project’s own names.',
    preprocessing: caffe,
    attribution: 'The file that the weights come from says nothing about their licence.',
  },
};

/** What the manifest of a VGG16 from `source`, stored as `variant`, says; and the text of its licence file. */
export function describeSource(
  source: SourceKind,
  variant: Encoding,
): ModelDescription & { attribution: string } {
  const { attribution, ...described } = sources[source];
  return {
    name: `vgg16-${source}-${variant}`,
    version: '1',
    ...described,
    attribution: `# Licence of the weights\n\n${attribution}\n\nStored here as ${variant}, up to the layer fc1 and its ReLU.\n`,
  };
}
