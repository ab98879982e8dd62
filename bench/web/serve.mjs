/** What the peers are measured on: their built pages and the tree, from a folder, on a free port of loopback. */
import { createReadStream, existsSync } from 'node:fs';
import { createServer } from 'node:http';
import { join, normalize } from 'node:path';

const TYPES = { html: 'text/html', js: 'text/javascript', css: 'text/css', json: 'application/json' };

export function serve(folder) {
  const server = createServer((request, answer) => {
    const path = join(folder, normalize(new URL(request.url, 'http://localhost').pathname));
    if (!path.startsWith(folder) || !existsSync(path)) return answer.writeHead(404).end();
    answer.writeHead(200, { 'Content-Type': TYPES[path.split('.').pop()] ?? 'application/octet-stream' });
    createReadStream(path).pipe(answer);
  });
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () =>
      resolve({ url: `http://127.0.0.1:${server.address().port}`, close: () => server.close() }),
    );
  });
}
