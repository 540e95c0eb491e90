/** Decoders of what is rare: each is loaded when a picture needs it. */
export interface Decoders {
  tiff(): Promise<Pick<typeof import('./tiff/tiff.ts'), 'decodeTiff'>>;
  avif(): Promise<Pick<typeof import('./avif/avif.ts'), 'decodeAvif'>>;
  /** Of JPEG files in CMYK; in Node without sharp, of all; of small pictures. */
  jpegTurbo(): Promise<
    Pick<typeof import('./jpeg-turbo.ts'), 'decodeCmykJpeg' | 'decodeColourJpeg' | 'decodeScaledJpeg'>
  >;
  /** In pages; in Node without sharp, of all WebP. */
  webpAlpha(): Promise<Pick<typeof import('./webp-alpha.ts'), 'decodeTransparentWebp'>>;
}

/** As modules of the program that they are bundled into. */
export const decoders: Decoders = {
  tiff: () => import('./tiff/tiff.ts'),
  avif: () => import('./avif/avif.ts'),
  jpegTurbo: () => import('./jpeg-turbo.ts'),
  webpAlpha: () => import('./webp-alpha.ts'),
};
