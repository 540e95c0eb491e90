import { pictures, updatePictures } from './pictures.ts';

const learned = new Map<string, { width: number; height: number }>();
let timer: ReturnType<typeof setTimeout> | undefined;

/** Sizes that are learned one after another change the layout once in so long. */
const restMs = 250;

/** Takes over how large a whole picture turned out to be, when the browser had loaded it. */
export function learnSize(id: string, width: number, height: number): void {
  if (width === 0 || height === 0) return;
  learned.set(id, { width, height });
  if (timer !== undefined) return;
  timer = setTimeout(() => {
    timer = undefined;
    const known = pictures.value;
    updatePictures([...learned].filter(([id]) => known.has(id)).map(([id, size]) => ({ id, ...size })));
    learned.clear();
  }, restMs);
}
