export function ensurePython(): string;
export function missingForPython(): string[];
