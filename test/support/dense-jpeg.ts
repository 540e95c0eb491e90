interface Size {
  width: number;
  height: number;
}

/** A JPEG with EXIF data of about 144 dots an inch and half its size: browsers then say that it is half as large. */
export function denseJpeg(jpeg: Uint8Array, size: Size, half: Size): Uint8Array {
  const exif = Buffer.alloc(6 + 8 + (2 + 4 * 12 + 4) + 16 + (2 + 2 * 12 + 4));
  exif.write('Exif\0\0', 'latin1');
  const tiff = exif.subarray(6);
  tiff.write('II*\0', 'latin1');
  tiff.writeUInt32LE(8, 4);
  const [ratios, inner] = [8 + 54, 8 + 54 + 16];
  const directory = (at: number, tags: [number, number, number][]): void => {
    tiff.writeUInt16LE(tags.length, at);
    for (const [n, [tag, type, value]] of tags.entries()) {
      tiff.writeUInt16LE(tag, at + 2 + 12 * n);
      tiff.writeUInt16LE(type, at + 4 + 12 * n);
      tiff.writeUInt32LE(1, at + 6 + 12 * n);
      tiff.writeUInt32LE(value, at + 10 + 12 * n);
    }
  };
  directory(8, [
    [0x11a, 5, ratios],
    [0x11b, 5, ratios + 8],
    [0x128, 3, 2],
    [0x8769, 4, inner],
  ]);
  for (const [n, value] of [72 * size.width, half.width, 72 * size.height, half.height].entries())
    tiff.writeUInt32LE(value, ratios + 4 * n);
  directory(inner, [
    [0xa002, 4, half.width],
    [0xa003, 4, half.height],
  ]);
  const segment = Buffer.alloc(4);
  segment.writeUInt16BE(0xffe1);
  segment.writeUInt16BE(exif.length + 2, 2);
  return Buffer.concat([jpeg.subarray(0, 2), segment, exif, jpeg.subarray(2)]);
}
