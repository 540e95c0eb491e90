import { useEffect, useState } from 'preact/hooks';
import { type Original, showOriginal } from '../../work/original.ts';
import type { Subject } from './subject.ts';

export type Reading =
  | { state: 'loading' }
  | { state: 'ready'; original: Original }
  /** There is nothing to read it from. */
  | { state: 'absent' }
  | { state: 'broken' };

/** Reads the whole picture; what it answers is always of this subject. */
export function useOriginal({ url, file }: Subject): Reading {
  const [read, setRead] = useState<{ url: string; reading: Reading }>();
  useEffect(() => {
    if (url === '') return;
    let isWanted = true;
    const done = (reading: Reading): void => {
      if (isWanted) setRead({ url, reading });
    };
    const shown = showOriginal(url, file);
    shown.original.then(
      (original) => done({ state: 'ready', original }),
      () => done({ state: 'broken' }),
    );
    return () => {
      isWanted = false;
      shown.done();
    };
  }, [url, file]);
  if (url === '') return { state: 'absent' };
  return read?.url === url ? read.reading : { state: 'loading' };
}
