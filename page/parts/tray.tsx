import { running, status } from '../state/tasks.ts';
import { frameTexts } from '../texts/frame.ts';
import { Alerts } from './alerts.tsx';
import { ProgressBar } from './progress-bar.tsx';

/** What is told while other things go on: it lies over the page's end, so that nothing moves when it comes and goes. */
export function Tray() {
  return (
    <section id="tray" aria-label={frameTexts.value.messages}>
      <p id="status" role="status">
        {/* A new text is shown anew, for a while. */}
        {status.value !== '' && (
          <span key={status.value} class={running.value ? 'said' : 'said fading'}>
            {status.value}
          </span>
        )}
      </p>
      <Alerts />
      <ProgressBar />
    </section>
  );
}
