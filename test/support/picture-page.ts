// The page's side of test/node/image/pictures.test.ts.
import { decode } from './browser-decode.ts';
import { answerTo, type PictureAnswer } from './picture-cases.ts';

/** Fetches files and answers to each. */
export async function answersTo(urls: string[]): Promise<PictureAnswer[]> {
  const answers: PictureAnswer[] = [];
  for (const url of urls) {
    const response = await fetch(url);
    if (!response.ok) throw new Error(`${url}: HTTP ${response.status}`);
    answers.push(await answerTo(decode, new Uint8Array(await response.arrayBuffer())));
  }
  return answers;
}
