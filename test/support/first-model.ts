import { readFixture } from './fixture.ts';

/**
 * An index that the first version of the compact model made, by `likeness index pictures -o index`, of the photographs
 * A001, A010, B001 and C001 in `pictures/` beside it.
 */
export const firstIndex = (): Promise<Uint8Array<ArrayBuffer>> => readFixture('first-model/index-1.likeness');

/** What a message has to say of it. */
export const bothVersions =
  /was made with vgg16-compact@1:565fbf82087f85ea, this is vgg16-compact@2:[0-9a-f]{16}: the model has a newer version since/;
