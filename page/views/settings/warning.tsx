import { Detail } from '../../parts/detail.tsx';
import { warningText } from '../../texts/warnings.ts';

/** A warning of the library, as a person reads it. */
export function Warning({ warning }: { warning: string }) {
  const { text, detail } = warningText(warning);
  return (
    <>
      <p>{text}</p>
      <Detail text={detail} />
    </>
  );
}
