import { type Picture, pictures, updatePictures } from '../state/pictures.ts';

/** Pictures that are asked for at a time. */
const atOnce = 6;

/** URLs that were asked: what did not come then does not now. */
const asked = new Set<string>();

/**
 * Finds out how large pictures are of which that is not known, e.g. those of a server. What cannot be loaded is passed over.
 *
 * @param onProgress called with how many were asked, of how many
 */
export async function measurePictures(
  ids: Iterable<string>,
  signal: AbortSignal,
  onProgress: (done: number, total: number) => void,
): Promise<void> {
  const those = [...ids]
    .map((id) => pictures.value.get(id))
    .filter((picture) => picture && !isMeasured(picture)) as Picture[];
  for (let at = 0; at < those.length; at += atOnce) {
    signal.throwIfAborted();
    onProgress(at, those.length);
    const part = await Promise.all(those.slice(at, at + atOnce).map(measure));
    updatePictures(part);
  }
}

const isMeasured = ({ width, byteLength, url }: Picture): boolean =>
  url === '' || asked.has(url) || (width !== undefined && byteLength !== undefined);

async function measure({ id, url, file, width }: Picture): Promise<Partial<Picture> & { id: string }> {
  asked.add(url);
  // The whole picture comes for its size.
  const [size, kept] = await Promise.all([
    width === undefined ? pixelsOf(url) : undefined,
    file ? ofFile(file) : ofServer(url),
  ]);
  return { id, ...size, ...kept };
}

/** As it is shown; nothing is decoded for it. */
function pixelsOf(url: string): Promise<{ width: number; height: number } | undefined> {
  const image = new Image();
  return new Promise((resolve) => {
    image.onload = () =>
      resolve(
        image.naturalWidth > 0 ? { width: image.naturalWidth, height: image.naturalHeight } : undefined,
      );
    image.onerror = () => resolve(undefined);
    image.src = url;
  });
}

const ofFile = ({ size: byteLength, lastModified: modified }: File): Partial<Picture> => ({
  byteLength,
  modified,
});

/** What a server says of a file. */
async function ofServer(url: string): Promise<Partial<Picture>> {
  if (!/^https?:/.test(url)) return {};
  const response = await fetch(url, { method: 'HEAD' }).catch(() => undefined);
  if (!response?.ok) return {};
  const byteLength = Number(response.headers.get('content-length'));
  const modified = Date.parse(response.headers.get('last-modified') ?? '');
  return {
    ...(byteLength > 0 && !response.headers.has('content-encoding') ? { byteLength } : {}),
    ...(modified > 0 ? { modified } : {}),
  };
}

let last: AbortController | undefined;

/** The same in the background. Answers with how to end it. */
export function measureSoon(ids: readonly string[]): () => void {
  const controller = new AbortController();
  last?.abort();
  last = controller;
  const timer = setTimeout(() => measurePictures(ids, controller.signal, () => {}).catch(() => {}), 300);
  return () => {
    clearTimeout(timer);
    controller.abort();
  };
}
