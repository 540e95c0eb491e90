/** WebAssembly kernels built by `scripts/build.mjs`; esbuild embeds the bytes. */
declare module '*.wasm' {
  const bytes: Uint8Array<ArrayBuffer>;
  export default bytes;
}

/** Shader sources; esbuild embeds the text. */
declare module '*.wgsl' {
  const source: string;
  export default source;
}

/** Scripts of threads in Node, built by `scripts/build.mjs`; esbuild embeds the text. */
declare module '*.txt' {
  const script: string;
  export default script;
}

/** What a script of Emscripten's exports. */
declare type CreateEmscripten<Module> = (options: {
  noInitialRun: boolean;
  instantiateWasm(
    imports: WebAssembly.Imports,
    ready: (instance: WebAssembly.Instance) => void,
  ): WebAssembly.Exports;
  print: () => void;
  printErr: () => void;
}) => Promise<Module>;

/** libwebp's decoder as `@jsquash/webp` ships it. */
declare module '#webp/webp_dec.js' {
  export interface WebpModule {
    /** @returns null where the file cannot be decoded */
    decode(bytes: Uint8Array): ImageData | null;
    HEAP8: Int8Array;
  }
  const createModule: CreateEmscripten<WebpModule>;
  export default createModule;
}

/** libavif's decoder as `@jsquash/avif` ships it; bundled for Node, too. */
declare module '#avif/avif_dec.js' {
  export interface AvifModule {
    /** @returns null where the file cannot be decoded */
    decode(bytes: Uint8Array, bitDepth: 8): ImageData | null;
    HEAP8: Int8Array;
  }
  const createModule: CreateEmscripten<AvifModule>;
  export default createModule;
}

/** HDF5 for Node as `h5wasm` ships it; bundled, as its package has four builds of it, of 4 MB each. */
declare module '#h5wasm/hdf5_hl.js' {
  export { default } from 'h5wasm/node';
}

/** libwebp's encoder as `@jsquash/webp` ships it. */
declare module '#webp/webp_enc_simd.js' {
  export interface WebpEncoder {
    /** @returns null where there is no memory */
    encode(
      rgba: Uint8Array,
      width: number,
      height: number,
      options: Record<string, number>,
    ): Uint8Array | null;
  }
  const createModule: CreateEmscripten<WebpEncoder>;
  export default createModule;
}
