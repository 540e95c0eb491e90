import { effect } from '@preact/signals';
import { render } from 'preact';
import { App } from './app.tsx';
import { followHistory } from './state/address.ts';
import { followQuery } from './state/results.ts';
import { explain } from './state/tasks.ts';
import { pageTitle } from './state/title.ts';
import { language } from './texts/language.ts';
import { actions } from './work/actions.ts';
import { connectDropAndPaste } from './work/input.ts';
import { followObjectUrls } from './work/object-urls.ts';
import { prepareOffline } from './work/offline.ts';
import { takeShared } from './work/shared.ts';
import { begin, start } from './work/start.ts';

/** So long the page waits for the list of the server's pictures: it is on its way already, and drawn with the first frame. */
const listMs = 60;
const { listed } = begin();

followHistory();
followQuery();
followObjectUrls();
connectDropAndPaste(actions);
effect(() => {
  document.documentElement.lang = language.value === 'zh' ? 'zh-CN' : 'en';
  document.title = pageTitle.value;
});
await Promise.race([listed, new Promise((done) => setTimeout(done, listMs))]);
render(<App />, document.getElementById('app')!);

await start();
void prepareOffline();
await takeShared(actions).catch(explain);
