import type { Json } from '../base/json.ts';

/** A picture that an element found. */
export interface LikenessResult {
  /** Its path within the site, e.g. `photos/été 1.jpg`; its id on a server. */
  id: string;
  /** From 0 (the same features) to 2. */
  distance: number;
  /** The picture's file, as an absolute URL; empty where a server's is no `http` or `https`, as of the next two. */
  url: string;
  /** The page that shows it, as an absolute URL; the picture's file where no page does. */
  page: string;
  /** The small picture, as an absolute URL. */
  thumbnail: string;
  /** What it shows, in words: its `alt`, else its caption, else its page's title; empty where the site says nothing. */
  alt: string;
  /** Of the picture's file, in pixels; 0 where a server does not say it. */
  width: number;
  height: number;
  /** This and the rest come with records: with all results of `<likeness-search>`, and of a server. */
  caption?: string;
  title?: string;
  /** Its `data-likeness-…` attributes, which are strings; on a server its metadata. */
  meta?: Record<string, Json>;
}
