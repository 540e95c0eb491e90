import { type Picture, pictures, updatePictures } from './pictures.ts';

const learned = new Map<string, Partial<Pick<Picture, 'width' | 'height' | 'ratio'>>>();
let timer: ReturnType<typeof setTimeout> | undefined;

/** Sizes that are learned one after another change the layout once in so long. */
const restMs = 250;

/** Takes over how large a whole picture turned out to be, when the browser had loaded it. */
export function learnSize(id: string, width: number, height: number): void {
  if (width > 0 && height > 0) learn(id, { width, height });
}

/** The same of a small picture, which tells the ratio alone. */
export function learnRatio(id: string, width: number, height: number): void {
  const ratio = width / height;
  if (width > 0 && height > 0 && pictures.value.get(id)?.ratio !== ratio) learn(id, { ratio });
}

function learn(id: string, what: Partial<Picture>): void {
  learned.set(id, what);
  if (timer !== undefined) return;
  timer = setTimeout(() => {
    timer = undefined;
    const known = pictures.value;
    updatePictures([...learned].filter(([id]) => known.has(id)).map(([id, size]) => ({ id, ...size })));
    learned.clear();
  }, restMs);
}
