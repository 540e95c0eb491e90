import { compile } from 'css-select';
import type { Element } from 'domhandler';
import { LikenessError } from '../../base/errors.ts';

/**
 * Which images a CSS selector matches.
 *
 * @throws LikenessError `bad-argument` where it is none
 */
export function selectorOf(selector: string): (image: Element) => boolean {
  try {
    if (selector.trim() === '') throw new Error('it is empty');
    const matches = compile<ChildOf, Element>(selector);
    return (image) => matches(image);
  } catch (error) {
    throw new LikenessError(
      'bad-argument',
      `"${selector}" is no CSS selector (${(error as Error).message}). One for images is wanted, e.g. main img:not(.icon)`,
      { cause: error },
    );
  }
}

type ChildOf = Element['children'][number];
