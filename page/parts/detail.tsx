import { frameTexts } from '../texts/frame.ts';

/** The library's own words, which are English, behind a line that opens them. */
export function Detail({ text }: { text: string }) {
  return (
    <details class="detail">
      <summary>{frameTexts.value.details}</summary>
      <p lang="en">{text}</p>
    </details>
  );
}
