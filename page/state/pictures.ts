import { computed, signal } from '@preact/signals';
import type { Json } from 'likeness-search';

/** A picture that the page shows. */
export interface Picture {
  /** Its path, as the person knows it: `Holiday/beach/1.jpg`. */
  readonly id: string;
  /** Where the whole picture can be read from now; `''` where it cannot. Never a small picture. */
  readonly url: string;
  /** A small picture to show, as a `data:` URL; `''` where none was made. */
  readonly thumbnail: string;
  /** Its file, when the person gave it in this visit. */
  readonly file?: File;
  /** Pixels as shown (turned by EXIF), where they are known. */
  readonly width?: number;
  readonly height?: number;
  /** Width through height, where only a small picture has told it. */
  readonly ratio?: number;
  /** Of its file, where it is known. */
  readonly byteLength?: number;
  /** Its file's last change, in milliseconds since 1970, where it is known. */
  readonly modified?: number;
  /** SHA-256 of its file, where the index knows it. */
  readonly hash?: string;
  /** Whether a query can find it. */
  readonly indexed: boolean;
  /** Why it cannot be read; it is not tried again until the person asks. */
  readonly failed?: string;
}

/** What is known of the pictures, in the order of adding. Changed by `changePictures` only: each change is a new map. */
export const pictures = signal<ReadonlyMap<string, Picture>>(new Map());

export function changePictures(change: (map: Map<string, Picture>) => void): void {
  const map = new Map(pictures.value);
  change(map);
  pictures.value = map;
}

/** Merges what is known anew of some pictures. */
export function updatePictures(updates: Iterable<Partial<Picture> & { id: string }>): void {
  changePictures((map) => {
    for (const update of updates) {
      const before = map.get(update.id) ?? { id: update.id, url: '', thumbnail: '', indexed: false };
      map.set(update.id, { ...before, ...update });
    }
  });
}

export const indexedCount = computed(() => {
  let count = 0;
  for (const { indexed } of pictures.value.values()) if (indexed) count++;
  return count;
});

/** Pictures that can be indexed and are not: they have an original to read, and were not refused before. */
export const missing = computed(() =>
  [...pictures.value.values()].filter(
    ({ indexed, url, file, failed }) =>
      !indexed && failed === undefined && (file !== undefined || url !== ''),
  ),
);

/** The original, as the library takes it. */
export const imageOf = ({ file, url }: Picture): File | string => file ?? url;

/** `beach/1.jpg` → `1.jpg` and `beach`. */
export const nameOf = (id: string): string => id.split('/').at(-1)!;
export const folderOf = (id: string): string => id.split('/').slice(0, -1).join('/');

/** The metadata that the index keeps of a picture: after a reload the page may not read its file. */
export interface KeptMeta {
  thumbnail?: string;
  width?: number;
  height?: number;
  byteLength?: number;
  modified?: number;
}

/** What an entry's metadata says; other pages and programs may have put anything there. */
export function readMeta(meta: Json | undefined): KeptMeta {
  if (typeof meta !== 'object' || meta === null || Array.isArray(meta)) return {};
  const kept: KeptMeta = {};
  const { thumbnail, width, height, byteLength, modified } = meta as Record<string, Json>;
  if (typeof thumbnail === 'string' && /^data:image\//.test(thumbnail)) kept.thumbnail = thumbnail;
  const isCount = (value: Json | undefined): value is number => typeof value === 'number' && value > 0;
  if (isCount(width) && isCount(height)) Object.assign(kept, { width, height });
  if (isCount(byteLength)) kept.byteLength = byteLength;
  if (isCount(modified)) kept.modified = modified;
  return kept;
}
