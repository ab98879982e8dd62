/** A server in front of phlox-server, on a free port of loopback: it gives some answers itself and passes all else on. */
import { createServer, request as ask } from 'node:http';

/** `answers(path)` is { type, body } for what is answered here, else null. */
export function front(target, answers) {
  const { hostname, port } = new URL(target);
  const server = createServer((incoming, outgoing) => {
    const { pathname } = new URL(incoming.url, 'http://localhost');
    const own = answers(pathname);
    if (own !== null) return outgoing.writeHead(200, { 'Content-Type': own.type }).end(own.body);
    // The server refuses a request whose Origin is not its own.
    const headers = { ...incoming.headers, host: `${hostname}:${port}` };
    delete headers.origin;
    const passed = ask({ hostname, port, path: incoming.url, method: incoming.method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode, answer.headers);
      answer.pipe(outgoing);
    });
    passed.on('error', () => outgoing.destroy());
    incoming.pipe(passed);
    return undefined;
  });
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () =>
      resolve({ url: `http://127.0.0.1:${server.address().port}`, close: () => server.close() }),
    );
  });
}
