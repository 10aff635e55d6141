import { createServer, type Server } from 'node:http';
import { readFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

const DIST = fileURLToPath(new URL('../../dist/', import.meta.url));
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.json': 'application/json',
};

/** The built page on a port of this computer. */
export interface Served {
  /** Ends with a slash. */
  readonly url: string;
  /** Paths that were asked for, in order. */
  readonly requested: readonly string[];
  close(): void;
}

/** Serve the built page, below a path to show that it needs no root of its own. */
export async function serve(): Promise<Served> {
  const requested: string[] = [];
  const server: Server = createServer((request, response) => {
    requested.push(request.url ?? '');
    const path = normalize(new URL(request.url ?? '/', 'http://x').pathname).replace(/^\/site/, '');
    readFile(join(DIST, path.endsWith('/') ? `${path}index.html` : path)).then(
      (body) => response.writeHead(200, { 'content-type': TYPES[extname(path)] ?? 'text/html' }).end(body),
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/site/`,
    requested,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
