import { once } from '../base/once.ts';
import { withImageData } from './with-image-data.ts';

/** How to have an instance of a module that Emscripten made: its WebAssembly, embedded, is compiled once. */
export function emscripten<Module>(
  create: CreateEmscripten<Module>,
  wasm: Uint8Array<ArrayBuffer>,
): () => Promise<Module> {
  const compiled = once(() => WebAssembly.compile(wasm));
  return async () => {
    const module = await compiled();
    return withImageData(() =>
      create({
        noInitialRun: true,
        instantiateWasm(imports, ready) {
          const instance = new WebAssembly.Instance(module, imports);
          ready(instance);
          return instance.exports;
        },
        print: () => {},
        printErr: () => {},
      }),
    );
  };
}

/**
 * Has a decoder of Emscripten's decode, and keeps it for the next picture: not one that failed, which is in no known
 * state, nor one whose memory, which never shrinks, has more than `maxBytes`.
 */
export function keptDecoder<Decoder extends { HEAP8: Int8Array }>(
  load: () => Promise<Decoder>,
  maxBytes: number,
): (decode: (decoder: Decoder) => ImageData | null) => Promise<ImageData | null> {
  let kept: Decoder | undefined;
  return async (decode) => {
    const decoder = kept ?? (await load());
    kept = undefined;
    const image = withImageData(() => decode(decoder));
    if (image && decoder.HEAP8.length <= maxBytes) kept = decoder;
    return image;
  };
}
