/** What the inbox's answers have in common. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { readBody } from '../bridge.ts';
import { decodeUtf8 } from '../../bytes.ts';
import type { Denied } from './guard.ts';

/**
 * Scripts and styles are files of this origin and nothing is loaded from elsewhere, so that a
 * payload that got into the page as markup after all could neither run nor call home.
 */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
  + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
  + "require-trusted-types-for 'script'; trusted-types 'none'";

export const SECURITY: Readonly<Record<string, string>> = {
  'Content-Security-Policy': POLICY,
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Permissions-Policy': 'camera=(), geolocation=(), microphone=()',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Cache-Control': 'no-store',
};

/** A whole answer. After a refusal the connection ends: its body was not read. */
export function reply(
  response: ServerResponse,
  status: number,
  type: string,
  body: string | Uint8Array,
): void {
  const isOld = response.req.httpVersionMajor < 2;
  response.writeHead(status, {
    ...SECURITY, 'Content-Type': type, 'Content-Length': Buffer.byteLength(body),
    ...(status >= 400 && isOld ? { Connection: 'close' } : {}),
  });
  response.end(response.req.method === 'HEAD' ? undefined : body);
}

export function replyJson(response: ServerResponse, status: number, value: unknown): void {
  reply(response, status, 'application/json', JSON.stringify(value));
}

export function replyDenied(response: ServerResponse, { status, message }: Denied): void {
  reply(response, status, 'text/plain; charset=utf-8', `${message}\n`);
}

/** Octets of a body that the page sends, and milliseconds that it may take. */
const MAX_BODY = 16_384;
const BODY_TIMEOUT = 10_000;

/** The JSON of a request; `undefined` when it is none, or too long. */
export async function readJson(request: IncomingMessage): Promise<unknown> {
  const timer = setTimeout(() => request.destroy(), BODY_TIMEOUT);
  try {
    const bytes = await readBody(request, MAX_BODY);
    return JSON.parse((bytes && decodeUtf8(bytes)) ?? '');
  } catch {
    return undefined;
  } finally {
    clearTimeout(timer);
  }
}
