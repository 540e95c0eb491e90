import { computed } from '@preact/signals';
import { frameTexts } from '../texts/frame.ts';
import { picturesTexts } from '../texts/pictures.ts';
import { address } from './address.ts';
import { nameOf, pictures } from './pictures.ts';
import { queryTitle } from './query-parts.ts';

const filterTitle = computed(() => {
  const { folder = '', name = '' } = address.value;
  const { onlyIn, onlyNamed } = picturesTexts.value;
  return [
    ...(folder === '' ? [] : [onlyIn(nameOf(folder.replace(/\/+$/, '')))]),
    ...(name === '' ? [] : [onlyNamed(name)]),
  ];
});

/** What the page shows, as tabs and the history say it: the picture, the query, the view or the folder. */
export const pageTitle = computed(() => {
  const { picture, query, view, folder = '' } = address.value;
  const { title } = frameTexts.value;
  const shown =
    picture !== undefined && pictures.value.has(picture)
      ? nameOf(picture)
      : query.length > 0
        ? [queryTitle.value, ...filterTitle.value].join(', ')
        : view === 'pictures'
          ? nameOf(folder)
          : frameTexts.value[view];
  return shown === '' ? title : `${shown} · ${title}`;
});
