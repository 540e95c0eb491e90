/** The parameters of functions, in their order. */
type ParameterLists = Readonly<Record<string, readonly string[]>>;

/** Functions of numbers that are called with the names of these. */
export type NamedFunctions<Lists extends ParameterLists> = {
  readonly [Name in keyof Lists]: (values: Readonly<Record<Lists[Name][number], number>>) => number;
};

/** Exports of a WebAssembly module, called with the names of their arguments: a caller cannot mix up two of them. */
export function namedArguments<Lists extends ParameterLists>(
  exports: WebAssembly.Exports,
  lists: Lists,
): NamedFunctions<Lists> {
  const named = Object.entries(lists).map(([name, parameters]) => {
    const call = exports[name] as (...values: number[]) => number;
    return [
      name,
      (values: Record<string, number>) => call(...parameters.map((parameter) => values[parameter]!)),
    ];
  });
  return Object.fromEntries(named);
}
