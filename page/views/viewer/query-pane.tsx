import type { Region } from 'likeness-search';
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { address } from '../../state/address.ts';
import { viewerTexts } from '../../texts/viewer.ts';
import { Pane } from './pane.tsx';
import { keyOf, type Subject, subjectOf } from './subject.ts';
import { useExplanation } from './use-explanation.ts';
import { useOriginal } from './use-original.ts';

interface QueryPaneProps {
  boxOf(key: string): Region | undefined;
  setBoxOf(key: string): (region: Region | undefined) => void;
  /** The picture beside it. */
  shown: string;
  isExplained: boolean;
}

/** What was asked with, beside the picture that was found. */
export function QueryPane(props: QueryPaneProps) {
  const [chosen, choose] = useState(0);
  const parts = address.value.query.map((part) => ({ part, subject: subjectOf(part) }));
  const index = Math.min(chosen, parts.length - 1);
  const one = parts[index];
  if (!one) return null;
  return (
    <OneOfQuery {...props} key={keyOf(one.subject)} subject={one.subject} asked={one.part.region}>
      {parts.length > 1 && (
        <fieldset class="parts">
          <legend class="unseen">{viewerTexts.value.queryParts}</legend>
          {parts.map(({ part, subject }, n) => (
            <button
              key={keyOf(subject)}
              type="button"
              aria-pressed={n === index}
              title={subject.name}
              onClick={() => choose(n)}
            >
              {part.weight > 0 ? '+' : '−'} {subject.name}
            </button>
          ))}
        </fieldset>
      )}
    </OneOfQuery>
  );
}

function OneOfQuery({
  subject,
  asked,
  boxOf,
  setBoxOf,
  shown,
  isExplained,
  children,
}: QueryPaneProps & {
  subject: Subject;
  asked: Region | undefined;
  children: ComponentChildren;
}) {
  const text = viewerTexts.value;
  const reading = useOriginal(subject);
  const key = keyOf(subject);
  const explanation = useExplanation(
    isExplained && subject.url !== ''
      ? {
          key: JSON.stringify([key, asked, shown]),
          image: subject.file ?? subject.url,
          region: asked,
          other: async () => [{ id: shown }],
        }
      : undefined,
  );
  return (
    <Pane
      id="asked"
      subject={subject}
      reading={reading}
      label={asked ? text.queryPart : text.query}
      asked={asked}
      box={boxOf(key)}
      setBox={setBoxOf(key)}
      actions={children}
      isExplained={isExplained}
      explanation={explanation}
    />
  );
}
