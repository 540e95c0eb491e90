import type { Metadata } from 'next';

export const metadata: Metadata = { title: 'Search with a photo' };

export default function Search() {
  return (
    <>
      <h1>What looks like your photo?</h1>
      <script async type="module" src="/likeness/search.js" />
      <likeness-search />
    </>
  );
}
