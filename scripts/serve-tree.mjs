// A static server over a folder for tests and the bench, with or without cross-origin isolation.
import { createServer } from 'node:http';

export async function serveTree(folder, { isolated = false, port = 0 } = {}) {
  const { default: sirv } = await import('sirv');
  const handler = sirv(folder, { dev: true, dotfiles: true });
  const server = createServer((request, response) => {
    if (isolated) {
      response.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
      response.setHeader('Cross-Origin-Embedder-Policy', 'require-corp');
    }
    handler(request, response, () => {
      response.statusCode = 404;
      response.end('not found');
    });
  });
  await new Promise((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    // "localhost" is a secure context, which WebGPU and createImageBitmap's relatives need.
    origin: `http://localhost:${server.address().port}`,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(resolve);
      }),
  };
}
