export function reference(declarations: string[]): string;
