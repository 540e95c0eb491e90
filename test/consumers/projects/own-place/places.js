import ThreadWorker from 'likeness-search/web/likeness-knn-worker.js?worker';
import LikenessWorker from 'likeness-search/web/likeness-worker.js?worker';
import weights from 'likeness-search/web/models/vgg16-compact/dense-1.bin?url';

/** For `ImageSearch.open`. */
export const places = {
  assets: { 'models/vgg16-compact/dense-1.bin': weights },
  worker: () => new LikenessWorker(),
};

/** For `FlatIndex.create`. */
export const threadPlaces = { worker: () => new ThreadWorker() };
