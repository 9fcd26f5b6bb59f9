/** Between node:http and a handler of Fetch's Request and Response. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Bytes } from '../../types.ts';
import { concat } from '../bytes.ts';

export type Handler = (request: Request) => Promise<Response>;

/** Names and addresses of this machine alone. */
const LOOPBACK = /^(localhost|([a-z0-9-]+\.)*localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/i;

/**
 * Whether a request names this machine. A page elsewhere whose own name is made to resolve here
 * (DNS rebinding) is same-origin to what it reads, but its requests still carry that name.
 */
export function isLoopbackHost(host: string | undefined): boolean {
  return LOOPBACK.test(host ?? '');
}

/** The body, or `undefined` when it is longer than `limit` bytes; rejects when it breaks off. */
export async function readBody(
  request: IncomingMessage,
  limit: number,
): Promise<Bytes | undefined> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  // Else leaving the loop would break the connection before it is answered.
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    length += chunk.length;
    if (length > limit) return undefined;
    chunks.push(chunk);
  }
  return concat(chunks);
}

/** Answers with a status and a text or bytes; the connection is not used again after an error. */
export function answer(
  response: ServerResponse,
  status: number,
  body: string | Uint8Array = '',
  headers: Readonly<Record<string, string>> = {},
): void {
  const close = status >= 400 ? { Connection: 'close' } : {};
  response.writeHead(status, { 'Content-Length': Buffer.byteLength(body), ...headers, ...close });
  response.end(body);
}

/** Host, or what stands for it in HTTP/2 (RFC 9113 §8.3.1). */
export function authorityOf({ headers }: IncomingMessage): string | undefined {
  const authority = headers[':authority'];
  return typeof authority === 'string' ? authority : headers.host;
}

/** The same request for a handler, or `undefined` when no URL or Request can be made of it. */
function toRequest(
  from: IncomingMessage,
  origin: string,
  body: Bytes,
  signal: AbortSignal,
): Request | undefined {
  const headers = new Headers();
  const { method = 'GET', url = '/', rawHeaders } = from;
  try {
    for (let i = 0; i < rawHeaders.length; i += 2) {
      const name = rawHeaders[i] ?? '';
      // Over HTTP/2 the request line comes as fields (RFC 9113 §8.3.1).
      if (!name.startsWith(':')) headers.append(name, rawHeaders[i + 1] ?? '');
    }
    const some = body.length > 0 && method !== 'GET' && method !== 'HEAD';
    const init = { method, headers, body: some ? body : null, signal };
    return new Request(new URL(url, origin), init);
  } catch {
    return undefined;
  }
}

/** Hands a request of up to `limit` bytes to a handler and its answer back. Never rejects. */
export async function bridge(
  from: IncomingMessage,
  to: ServerResponse,
  handler: Handler,
  { protocol, limit }: { readonly protocol: 'http' | 'https'; readonly limit: number },
): Promise<void> {
  // Who goes away while an answer is held back has no effect any more.
  const gone = new AbortController();
  to.once('close', () => {
    if (!to.writableFinished) gone.abort();
  });
  try {
    const body = await readBody(from, limit);
    if (!body) return answer(to, 413);
    const origin = `${protocol}://${authorityOf(from) ?? 'localhost'}`;
    const request = toRequest(from, origin, body, gone.signal);
    if (!request) return answer(to, 400);
    const response = await handler(request);
    const bytes = new Uint8Array(await response.arrayBuffer());
    const headers = Object.fromEntries(response.headers);
    to.writeHead(response.status, { ...headers, 'Content-Length': bytes.length });
    to.end(bytes);
  } catch {
    // The sender went away, or the handler broke the connection on purpose (a fault for tests).
    to.destroy();
  }
}
