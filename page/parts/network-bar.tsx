import { network } from '../state/network.ts';
import { workTexts } from '../texts/work.ts';

/** A thin line at the top while the model is brought here in the background. */
export function NetworkBar() {
  const { value } = network;
  if (value.is !== 'loading') return null;
  return (
    <progress
      class="network-bar"
      aria-label={workTexts.value.opening(value.name)}
      {...(value.fraction === undefined ? {} : { value: value.fraction })}
    />
  );
}
