import { signal } from '@preact/signals';

/** Something that the person has to decide before the page goes on. */
export interface Question {
  readonly text: string;
  readonly detail: string;
  readonly yes: string;
  readonly no: string;
  answer(isYes: boolean): void;
}

export const question = signal<Question | undefined>(undefined);

/** Asks; one question at a time. An abort takes the question back, and is no. */
export async function ask(
  { text, detail, yes, no }: Omit<Question, 'answer'>,
  signal?: AbortSignal,
): Promise<boolean> {
  while (question.value) await last;
  last = new Promise<boolean>((resolve) => {
    const answer = (isYes: boolean): void => {
      signal?.removeEventListener('abort', refuse);
      question.value = undefined;
      resolve(isYes);
    };
    const refuse = (): void => answer(false);
    signal?.addEventListener('abort', refuse);
    if (signal?.aborted) resolve(false);
    else question.value = { text, detail, yes, no, answer };
  });
  return last;
}

let last: Promise<boolean> = Promise.resolve(false);
