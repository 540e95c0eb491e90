/**
 * Types of the platform, as the caller's project knows them: the DOM library's in a page, those of `@types/node` in Node.
 *
 * A declaration that names `HTMLImageElement` is an error in a project without the DOM library, and with `skipLibCheck`
 * it silently is `any`, and all that it is part of. Each type is therefore looked up by its global; where there is none,
 * it is the few members that we use, or `never` for what exists in pages only.
 */
type Global<Name extends string, Otherwise> = typeof globalThis extends {
  [Key in Name]: { prototype: infer Instance };
}
  ? Instance
  : Otherwise;

export type Blob = Global<'Blob', PlainBlob>;
export type File = Global<'File', PlainBlob & { readonly name: string }>;
export type URL = Global<'URL', { readonly href: string; toString(): string }>;
export type AbortSignal = Global<'AbortSignal', PlainSignal>;
/** Of the DOM, or an object like it, as libraries for Node make them. */
export type ImageData =
  | Global<'ImageData', never>
  | { readonly width: number; readonly height: number; readonly data: Uint8ClampedArray };
export type ImageBitmap = Global<'ImageBitmap', never>;
export type HTMLImageElement = Global<'HTMLImageElement', never>;
export type HTMLCanvasElement = Global<'HTMLCanvasElement', never>;
export type OffscreenCanvas = Global<'OffscreenCanvas', never>;
export type Worker = Global<'Worker', never>;
export type FileSystemDirectoryHandle = Global<'FileSystemDirectoryHandle', never>;
export type GPUDevice = Global<
  'GPUDevice',
  { readonly queue: object; createBuffer(descriptor: never): GPUBuffer; destroy(): void }
>;
export type GPUBuffer = Global<'GPUBuffer', { readonly size: number; destroy(): void }>;

/** Arrays over memory of their own, as `Blob` and `fetch` take them. Before TypeScript 5.7 arrays have no parameter. */
export type Bytes = ReturnType<Uint8ArrayConstructor['of']>;
export type Floats = ReturnType<Float32ArrayConstructor['of']>;

interface PlainBlob {
  readonly size: number;
  readonly type: string;
  arrayBuffer(): Promise<ArrayBuffer>;
  text(): Promise<string>;
  slice(start?: number, end?: number, contentType?: string): PlainBlob;
}

interface PlainSignal {
  readonly aborted: boolean;
  readonly reason: unknown;
  throwIfAborted(): void;
}
