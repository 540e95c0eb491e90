import type { IncomingMessage, ServerResponse } from 'node:http';

export function serveTree(
  folder: string,
  options?: {
    isolated?: boolean;
    port?: number;
    /** Asked first; returns true when it has answered. */
    answer?: (request: IncomingMessage, response: ServerResponse) => boolean;
  },
): Promise<{ origin: string; close(): Promise<void> }>;
