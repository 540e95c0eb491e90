import type { Picture } from '../../state/pictures.ts';
import { duplicatesTexts } from '../../texts/duplicates.ts';
import { factsOf } from './facts.ts';

/** What is known of a picture; what is not as the best picture's stands out. */
export function FactList({ picture, best }: { picture: Picture; best: Picture }) {
  const { facts } = duplicatesTexts.value;
  return (
    <dl class="facts">
      {factsOf(picture, best).map(({ name, text, differs }) => (
        <div key={name} class={differs ? 'differs' : ''}>
          <dt class="unseen">{facts[name]}</dt>
          <dd title={text}>{text}</dd>
        </div>
      ))}
    </dl>
  );
}
