/** Where test/full puts the models that it builds, below the root; test/full-browser takes them from there. */
export const fullModels = 'build/full/models';

/** What test/full leaves for test/full-browser, below the root. */
export const fullReference = 'build/full/reference.json';

export interface FullReference {
  /** Name of a sample photograph. */
  photograph: string;
  /** Its features: of Keras' VGG16 in TensorFlow.js, and of our models in Node, by folder. */
  features: Record<'tfjs' | 'keras-f32' | 'keras-q8', number[]>;
}
