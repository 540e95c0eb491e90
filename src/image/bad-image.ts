import { LikenessError } from '../base/errors.ts';

export const badImage = (message: string, cause?: unknown): LikenessError =>
  new LikenessError('bad-image', message, cause === undefined ? undefined : { cause });
