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
