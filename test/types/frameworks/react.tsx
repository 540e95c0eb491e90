import 'likeness-search/elements/search.js';
import 'likeness-search/elements/similar.js';
import type { LikenessSimilar } from 'likeness-search/elements/similar.js';
import { useRef } from 'react';

export function Page() {
  const ref = useRef<LikenessSimilar>(null);
  return (
    <>
      <img id="photo" src="a.jpg" alt="" />
      <likeness-similar
        ref={ref}
        for="photo"
        k={6}
        className="more"
        data-label-list="More"
        labels={{ list: 'More' }}
        onlikeness-results={({ detail }) => detail.results[0]?.id.toUpperCase()}
        onlikeness-error={(event) => event.preventDefault()}
        onClick={() => ref.current?.refresh()}
      >
        <a href="all.html">All</a>
      </likeness-similar>
      <likeness-search k="12" onlikeness-results={({ detail }) => detail.results.length} />
      <likeness-similar server="/api" like="a" base="/p/" />
      <likeness-search server="/api" library="/likeness/" />
      {/* @ts-expect-error no text */}
      <likeness-similar server={4} />
      {/* @ts-expect-error no text */}
      <likeness-similar src={4} />
      {/* @ts-expect-error no such text */}
      <likeness-similar labels={{ title: 'More' }} />
      {/* @ts-expect-error no such property */}
      <likeness-similar source="a.jpg" />
    </>
  );
}
