/** A picture that an element found. */
export interface LikenessResult {
  /** Its path within the site, e.g. `photos/été 1.jpg`. */
  id: string;
  /** From 0 (the same features) to 2. */
  distance: number;
  /** The picture's file, as an absolute URL. */
  url: string;
  /** The page that shows it, as an absolute URL; the picture's file where no page does. */
  page: string;
  /** The small picture, as an absolute URL. */
  thumbnail: string;
  /** What it shows, in words: its `alt`, else its caption, else its page's title; empty where the site says nothing. */
  alt: string;
  /** Of the picture's file, in pixels. */
  width: number;
  height: number;
  /** This and the rest come with records: with all results of `<likeness-search>`. */
  caption?: string;
  title?: string;
  /** Its `data-likeness-…` attributes. */
  meta?: Record<string, string>;
}
