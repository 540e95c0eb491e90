import type { Document } from 'domhandler';
import { parseDocument } from 'htmlparser2';
import { parse } from 'parse5';
import { adapter } from 'parse5-htmlparser2-tree-adapter';
import { textOf } from './encoding.ts';

/** Files that are pages. */
export const pageEndings: RegExp = /\.(html?|xhtml)$/i;

/**
 * A page's tree as a browser builds it, however broken the page is. Scripts do not run, so what is in `<noscript>` is
 * there.
 *
 * @param name the file's: `.xhtml` is XML, in which any element may close itself
 */
export function parsePage(bytes: Uint8Array, name: string): Document {
  const text = textOf(bytes);
  if (/\.xhtml$/i.test(name))
    return parseDocument(text, { recognizeSelfClosing: true, recognizeCDATA: true });
  return parse(text, { treeAdapter: adapter, scriptingEnabled: false });
}
