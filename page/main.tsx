import { effect } from '@preact/signals';
import { render } from 'preact';
import { App } from './app.tsx';
import { followHistory } from './state/address.ts';
import { untilCalm } from './state/calm.ts';
import { followQuery } from './state/results.ts';
import { explain } from './state/tasks.ts';
import { pageTitle } from './state/title.ts';
import { language } from './texts/language.ts';
import { loadRooms } from './views/later.tsx';
import { actions } from './work/actions.ts';
import { followOthers } from './work/follow-others.ts';
import { connectDropAndPaste } from './work/input.ts';
import { followObjectUrls } from './work/object-urls.ts';
import { prepareOffline } from './work/offline.ts';
import { takeShared } from './work/shared.ts';
import { begin, start } from './work/start.ts';
import { giveWay } from './work/turns.ts';

begin(); // what is asked for is on its way while the page is drawn
await giveWay(); // reading the scripts was a task of its own

followHistory();
followQuery();
followObjectUrls();
followOthers();
connectDropAndPaste(actions);
effect(() => {
  document.documentElement.lang = language.value === 'zh' ? 'zh-CN' : 'en';
  document.title = pageTitle.value;
});
render(<App />, document.getElementById('app')!);

void begin()
  .answering.then(() => untilCalm())
  .then(loadRooms);
await start();
void prepareOffline();
await takeShared(actions).catch(explain);
