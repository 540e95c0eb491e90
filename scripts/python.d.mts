export function ensurePython(): string;
