import type { SimilarityMap } from 'likeness-search';
import { useEffect, useState } from 'preact/hooks';
import { type Comparison, explanationOf } from '../../work/explanation.ts';

export type Explanation =
  | { state: 'running'; fraction: number }
  | { state: 'ready'; map: SimilarityMap }
  | { state: 'failed'; why: string };

/** Asks which places count, while a comparison is given; another one, and the end of the viewer, cancel it. */
export function useExplanation(comparison: Comparison | undefined): Explanation | undefined {
  const [found, setFound] = useState<{ key: string; explanation: Explanation }>();
  const key = comparison?.key;
  useEffect(() => {
    if (!comparison) return;
    const controller = new AbortController();
    const { signal } = controller;
    const tell = (explanation: Explanation): void => {
      if (!signal.aborted) setFound({ key: comparison.key, explanation });
    };
    explanationOf(comparison, signal, (fraction) => tell({ state: 'running', fraction })).then(
      (map) => tell({ state: 'ready', map }),
      (error) => tell({ state: 'failed', why: error instanceof Error ? error.message : String(error) }),
    );
    return () => controller.abort();
  }, [key]);
  if (key === undefined) return undefined;
  return found?.key === key ? found.explanation : { state: 'running', fraction: 0 };
}
