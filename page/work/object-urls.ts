import { effect } from '@preact/signals';
import { pictures } from '../state/pictures.ts';

/** Pictures change many times while thousands are added; what nobody needs may wait. */
const pauseMs = 1000;

/** Gives back the `blob:` URLs of pictures that are gone, or have another file now: each holds its file. */
export function followObjectUrls(): void {
  let held = new Set<string>();
  let isWaiting = false;
  const compare = (): void => {
    isWaiting = false;
    const now = new Set<string>();
    for (const { url } of pictures.value.values()) if (url.startsWith('blob:')) now.add(url);
    for (const url of held) if (!now.has(url)) URL.revokeObjectURL(url);
    held = now;
  };
  effect(() => {
    if (pictures.value.size + held.size === 0 || isWaiting) return;
    isWaiting = true;
    setTimeout(compare, pauseMs);
  });
}
