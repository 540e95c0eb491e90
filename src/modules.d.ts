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

/** Comlink ships the types of this module under the name of its CommonJS twin. */
declare module 'comlink/dist/esm/node-adapter.mjs' {
  export { default } from 'comlink/dist/esm/node-adapter';
}
