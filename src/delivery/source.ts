import { refuse, urlOf } from '../base/checks.ts';
import { classOf, isUrl } from '../base/class-of.ts';
import { LikenessError } from '../base/errors.ts';
import type { ModelName } from './model-info.ts';
import { builtInOrigin, directoryOrigin, filesOrigin, httpOrigin, type Origin } from './origin.ts';

/** Where a model is, in a form that can be posted to a worker. */
export type ModelSource =
  | { kind: 'url'; base: string }
  | BuiltIn
  | { kind: 'stored'; fingerprint: string }
  | { kind: 'files'; files: File[] }
  | { kind: 'directory'; directory: FileSystemDirectoryHandle };

/** A model of this package. */
export interface BuiltIn {
  kind: 'builtIn';
  name: string;
  /** URLs by the names of files; a bundler may have put each elsewhere. */
  files: Readonly<Record<string, string>>;
  /** URL of the folder that has the others, with a slash at its end. */
  folder: string | undefined;
}

/** `<name>@<version>:<16 hex digits>`, which is no URL: a scheme has no "@". */
const fingerprintForm = /^[^/:]+@[^/:]+:[0-9a-f]{16}$/;

/**
 * Finds out which model a program means.
 *
 * @param builtIn what a name without a slash means
 * @param base what relative URLs are relative to
 * @throws LikenessError `bad-argument`
 */
export function resolveModel(
  model: ModelName,
  builtIn: (name: string) => ModelSource,
  base: string,
): ModelSource {
  if (typeof model === 'string' || isUrl(model)) {
    const text = String(model);
    if (fingerprintForm.test(text)) return { kind: 'stored', fingerprint: text };
    if (typeof model === 'string' && /^[^/:]+$/.test(text)) return builtIn(text);
    const url = text === '' ? undefined : urlOf(text, base);
    return url ? { kind: 'url', base: folderUrl(url) } : refuse('model', text, 'a name or a URL');
  }
  if (classOf(model) === 'FileSystemDirectoryHandle') {
    return { kind: 'directory', directory: model as FileSystemDirectoryHandle };
  }
  const isList = typeof model === 'object' && model !== null && Symbol.iterator in model;
  const files = isList ? [...model] : [];
  if (files.length === 0 || !files.every((file) => classOf(file) === 'File')) {
    refuse('model', model, 'a name, a URL, the files of a model’s folder, or a directory handle');
  }
  return { kind: 'files', files };
}

/** The folder that a URL names: that of a manifest, or itself, with a slash at its end and nothing behind it. */
export function folderUrl(url: URL): string {
  if (url.protocol === 'file:') {
    throw new LikenessError(
      'bad-argument',
      `A page cannot read ${url.href}; let the person pick the model's folder and pass its files or its handle.`,
    );
  }
  const path = url.pathname.replace(/\/manifest\.json$/, '/');
  return url.origin + (path.endsWith('/') ? path : `${path}/`);
}

/** Where a model's files come from, and the key under which it is stored. */
export function originOf(source: ModelSource): { origin: Origin | undefined; key: string | undefined } {
  switch (source.kind) {
    case 'url': {
      const { base } = source;
      return { origin: httpOrigin(base, (file) => new URL(file, base).href), key: base };
    }
    case 'builtIn':
      return { origin: builtInOrigin(source), key: source.name };
    case 'stored':
      return { origin: undefined, key: source.fingerprint };
    case 'files':
      return { origin: filesOrigin(source.files), key: undefined };
    case 'directory':
      return { origin: directoryOrigin(source.directory), key: undefined };
  }
}
