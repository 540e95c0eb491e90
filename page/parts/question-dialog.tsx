import { question } from '../state/question.ts';
import { Modal } from './modal.tsx';

/** A question over all that is shown. */
export function QuestionDialog() {
  const { value } = question;
  if (!value) return null;
  const { text, detail, yes, no, answer } = value;
  return (
    <Modal id="question" label={text} close={() => answer(false)}>
      <h2>{text}</h2>
      <p>{detail}</p>
      <div class="actions">
        <button type="button" id="question-yes" class="primary" onClick={() => answer(true)}>
          {yes}
        </button>
        <button type="button" id="question-no" onClick={() => answer(false)}>
          {no}
        </button>
      </div>
    </Modal>
  );
}
