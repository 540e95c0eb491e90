import { readdirSync, readFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { lexer, type Token, type Tokens } from 'marked';
import { root } from './cli.ts';

/** A block of code in a document. */
export interface Block {
  /** `README.md › The heading above it`. */
  place: string;
  /** What the fence says; `indented` where there is none. */
  language: string;
  text: string;
}

/** What the documents say to a machine. */
export interface Document {
  file: string;
  blocks: Block[];
  /** Code within lines of text. */
  spans: string[];
  /** Where links and pictures lead. */
  links: string[];
  /** Anchors of its headings, as GitHub makes them. */
  anchors: string[];
}

const readDocument = (file: string): Document => parseDocument(file, readFileSync(join(root, file), 'utf8'));

/** README.md, in both languages, and all of docs/, read as Markdown. */
export function readDocuments(): Document[] {
  const docs = readdirSync(join(root, 'docs')).filter((name) => name.endsWith('.md'));
  return ['README.md', 'README.zh.md', ...docs.map((name) => `docs/${name}`)].map(readDocument);
}

/** With what is for whoever works on the project. */
export const readAllDocuments = (): Document[] => [
  ...readDocuments(),
  ...['CONTRIBUTING.md', 'CHANGELOG.md'].map(readDocument),
];

export function parseDocument(file: string, markdown: string): Document {
  const document: Document = { file, blocks: [], spans: [], links: [], anchors: [] };
  let heading = '';
  const visit = (tokens: Token[]): void => {
    for (const token of tokens) {
      if (token.type === 'heading') {
        heading = token.text;
        document.anchors.push(anchorOf(heading, document.anchors));
      }
      if (token.type === 'link' || token.type === 'image') document.links.push(token.href);
      if (token.type === 'code') {
        const { lang, codeBlockStyle, text } = token as Tokens.Code;
        const language = codeBlockStyle === 'indented' ? 'indented' : (lang ?? '').trim();
        document.blocks.push({ place: `${file} › ${heading}`, language, text });
      }
      if (token.type === 'codespan') document.spans.push(token.text.replace(/\s+/g, ' '));
      if (token.type === 'table') {
        const { header, rows } = token as Tokens.Table;
        for (const cell of [header, ...rows].flat()) visit(cell.tokens);
      } else if (token.type === 'list') {
        for (const item of (token as Tokens.List).items) visit(item.tokens);
      } else if ('tokens' in token && token.tokens) visit(token.tokens);
    }
  };
  visit(lexer(markdown));
  return document;
}

/** The second of two equal headings has `-1` behind its anchor. */
function anchorOf(heading: string, before: readonly string[]): string {
  const anchor = heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}_ -]/gu, '')
    .replaceAll(' ', '-');
  const count = before.filter((other) => other.replace(/-\d+$/, '') === anchor).length;
  return count === 0 ? anchor : `${anchor}-${count}`;
}

/** Text without differences of lines and indents. */
export const plain = (text: string): string => text.replace(/\s+/g, ' ').trim();

/** What is in the files of a folder, and of those in it. */
export async function textsOf(folder: string): Promise<string[]> {
  const entries = await readdir(join(root, folder), { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return Promise.all(files.map(({ parentPath, name }) => readFile(join(parentPath, name), 'utf8')));
}
