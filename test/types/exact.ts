/** Types about types. `any` is the same as nothing but itself here, unlike in an assignment. */
export type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
export type IsAny<T> = 0 extends 1 & T ? true : false;
/** An error where it is not given `true`. */
export type Yes<T extends true> = T;
export type No<T extends false> = T;
