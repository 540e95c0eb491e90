import { effect } from '@preact/signals';
import { render } from 'preact';
import { App } from './app.tsx';
import { address, followHistory } from './state/address.ts';
import { isLooking, openingError } from './state/library.ts';
import { queryTitle } from './state/query-parts.ts';
import { followQuery } from './state/results.ts';
import { alertPerson } from './state/tasks.ts';
import { formatBytes, language } from './texts/language.ts';
import { openTexts } from './texts/open.ts';
import { actions } from './work/actions.ts';
import { bytesToFetch, firstModel } from './work/first-model.ts';
import { connectDropAndPaste } from './work/input.ts';
import { findServedIndex, served } from './work/served.ts';
import { hasStoredPictures } from './work/stored-indexes.ts';
import { useModel } from './work/use-model.ts';

followHistory();
followQuery();
connectDropAndPaste(actions);
effect(() => {
  document.documentElement.lang = language.value === 'zh' ? 'zh-CN' : 'en';
  document.title = address.value.query.length > 0 ? `${queryTitle.value} · Likeness` : 'Likeness';
});
render(<App />, document.getElementById('app')!);

try {
  await findServedIndex();
  if (!served.value && !(await hasStoredPictures())) isLooking.value = false;
  const { model, name, wanted } = await firstModel(served.value?.fingerprint);
  await useModel(model, name);
  if (wanted) {
    const { info } = wanted;
    alertPerson(openTexts.value.wantedModel(info.name, formatBytes(bytesToFetch(info))), [], {
      text: openTexts.value.useWanted(info.name),
      run: () => void useModel(info.model, info.name),
    });
  }
} catch (error) {
  openingError.value = error instanceof Error ? error.message : String(error);
  alertPerson(`${openTexts.value.failed} ${openingError.value}`);
} finally {
  isLooking.value = false;
}
