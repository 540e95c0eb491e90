/**
 * A WebAssembly function of many numbers, called with their names: a caller cannot mix up two of them.
 *
 * @param names in the order of the function's parameters
 */
export function namedArguments<Name extends string>(
  exported: WebAssembly.ExportValue | undefined,
  names: readonly Name[],
): (values: Readonly<Record<Name, number>>) => void {
  const call = exported as (...values: number[]) => void;
  return (values) => call(...names.map((name) => values[name]));
}
