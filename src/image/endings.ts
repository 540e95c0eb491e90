/** Endings of the files whose format is read. A file without a known ending may hold a picture all the same. */
export const pictureEndings: RegExp = /\.(jpe?g|jpe|jfif|png|apng|webp|gif|avif|bmp|dib|tiff?)$/i;

/** The formats that {@link pictureEndings} stand for, for people. */
export const pictureFormats = 'JPEG, PNG, WebP, GIF, AVIF, BMP and TIFF';

/** A format of pictures that is known by name and not read. */
export interface UnreadFormat {
  name: string;
  endings: RegExp;
  /** What to do instead: a sentence without its full stop. */
  advice: string;
}

type UnreadName =
  | 'heic'
  | 'jxl'
  | 'jp2'
  | 'psd'
  | 'xcf'
  | 'raw'
  | 'svg'
  | 'icon'
  | 'netpbm'
  | 'jxr'
  | 'hdr'
  | 'targa';

const save = 'save it as JPEG, PNG or TIFF with the program that made it';

/** Formats of pictures that are not read. Messages name them. */
export const unreadFormats: Record<UnreadName, UnreadFormat> = {
  heic: {
    name: 'HEIC',
    endings: /\.(hei[cf]s?|hif|avci)$/i,
    advice:
      'convert it to JPEG (“heif-convert in.heic out.jpg”, or export it on the phone or Mac as “Most Compatible”)',
  },
  jxl: { name: 'JPEG XL', endings: /\.jxl$/i, advice: 'convert it to JPEG or PNG (“djxl in.jxl out.png”)' },
  jp2: {
    name: 'JPEG 2000',
    endings: /\.(jp2|j2k|j2c|jpc|jpf|jpx|jph)$/i,
    advice: 'convert it to PNG (“opj_decompress -i in.jp2 -o out.png”)',
  },
  psd: { name: 'Photoshop', endings: /\.ps[db]$/i, advice: save },
  xcf: { name: 'GIMP', endings: /\.xcf$/i, advice: save },
  raw: {
    name: 'camera raw',
    endings: /\.(cr[23w]|nef|nrw|arw|sr[2fw]|dng|orf|rw2|raf|pef|x3f|3fr|erf|kdc|mrw|rwl|iiq)$/i,
    advice: 'develop it: export it as JPEG, PNG or TIFF',
  },
  svg: { name: 'SVG', endings: /\.svgz?$/i, advice: 'render it to PNG (“rsvg-convert in.svg -o out.png”)' },
  icon: { name: 'icon', endings: /\.(ico|cur|icns)$/i, advice: 'save it as PNG' },
  netpbm: { name: 'Netpbm', endings: /\.(p[bgpn]m|pam|pfm)$/i, advice: 'convert it to PNG' },
  jxr: { name: 'JPEG XR', endings: /\.(jxr|hdp|wdp)$/i, advice: 'save it as JPEG or PNG' },
  hdr: { name: 'high dynamic range', endings: /\.(exr|hdr)$/i, advice: 'tone-map it and save it as PNG' },
  targa: { name: 'Targa', endings: /\.(tga|icb|vda|vst)$/i, advice: 'save it as PNG' },
};

/** The format of a file that is known by its ending and not read; undefined for all others. */
export const unreadFormatOf = (name: string): UnreadFormat | undefined =>
  Object.values(unreadFormats).find(({ endings }) => endings.test(name));
