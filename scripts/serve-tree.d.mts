export function serveTree(
  folder: string,
  options?: { isolated?: boolean; port?: number },
): Promise<{ origin: string; close(): Promise<void> }>;
