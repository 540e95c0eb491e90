/** `likeness-search/site`, in Node: makes the pictures of a built site searchable. */
export { type ErrorCode, LikenessError } from '../base/errors.ts';
export { buildSite } from './build.ts';
export type { BuildSiteOptions, SiteProgress } from './options.ts';
export type { PassedOverReason } from './scan/scan.ts';
export type { SiteFileKind, SiteSummary } from './summary.ts';
