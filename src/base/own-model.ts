/** The model of this package. */
export const ownModel = 'vgg16-compact';
