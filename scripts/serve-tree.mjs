// A static server over a folder for tests and the bench, with or without cross-origin isolation.
import { createServer } from 'node:http';
import { pipeline } from 'node:stream/promises';

/** @param answer asked first; returns true when it has answered */
export async function serveTree(folder, { isolated = false, port = 0, answer = () => false } = {}) {
  const { default: send } = await import('@fastify/send');
  const server = createServer(async (request, response) => {
    try {
      if (isolated) {
        response.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
        response.setHeader('Cross-Origin-Embedder-Policy', 'require-corp');
      }
      if (answer(request, response)) return;
      const path = request.url.split('?', 1)[0];
      const options = { root: folder, dotfiles: 'allow', cacheControl: false };
      const { statusCode, headers, stream } = await send(request, path, options);
      response.writeHead(statusCode, { ...headers, 'Cache-Control': 'no-store' });
      await pipeline(stream, response);
    } catch {
      response.destroy(); // the receiver is gone
    }
  });
  await new Promise((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    // "localhost" is a secure context, which WebGPU needs.
    origin: `http://localhost:${server.address().port}`,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(resolve);
      }),
  };
}
