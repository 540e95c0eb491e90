import { readDocuments } from './markdown.ts';

const blocks = readDocuments().flatMap((document) => document.blocks);

/**
 * A block of docs/deploying.md or another document, by the heading above it: what is tested is what is written there.
 *
 * @param cdn what `https://cdn.example` stands for
 */
export function documentedLines(
  heading: string,
  cdn = 'https://cdn.example',
  document = 'docs/deploying.md',
): string[] {
  const found = blocks.filter(({ place }) => place === `${document} › ${heading}`);
  if (found.length !== 1) throw new Error(`${document} has ${found.length} blocks below "${heading}"`);
  return found[0]!.text.replaceAll('https://cdn.example', cdn).split('\n');
}

/** Documented lines of headers. */
export const documentedHeaders = (heading: string): Record<string, string> =>
  Object.fromEntries(
    documentedLines(heading).map((line) => {
      const [name, ...value] = line.split(': ');
      return [name!, value.join(': ')];
    }),
  );

/** A documented Content-Security-Policy as a header. */
export const documentedPolicy = (
  heading: string,
  cdn?: string,
  document?: string,
): Record<string, string> => ({
  'Content-Security-Policy': documentedLines(heading, cdn, document)[0]!,
});

/** The same without a source or a directive. */
export function policyWithout(policy: Record<string, string>, part: string): Record<string, string> {
  const line = policy['Content-Security-Policy']!;
  if (!line.includes(part)) throw new Error(`"${line}" has no ${part}`);
  return { 'Content-Security-Policy': line.replace(part, '') };
}
