/** Receipt subscriptions (RFC 8030 §5.1). The receipts go by HTTP/2 push (§6.3): left out. */
import { parseUrl } from './core.ts';
import { readLinks } from './fields.ts';
import { refusal } from './refusal.ts';
import type { Refusal } from './refusal.ts';
import { RECEIPT } from './rfc8030.ts';
import { randomToken } from './tokens.ts';
import type { Visit } from './visit.ts';

/**
 * The path of the receipt subscription that a request names in Link, if it names one. One that does
 * not exist is a 400 (RFC 8030 §5.1), also where no receipt is asked for.
 */
export function findReceipt(
  { core, header, path }: Visit,
  own: string,
): string | undefined | Refusal {
  const targets = readLinks(header, RECEIPT);
  if (targets.length > 1) return refusal(400, 'invalid-receipt', 'Two of them are named');
  const [target] = targets;
  if (target === undefined) return undefined;
  const url = parseUrl(target, own + path);
  const found = url?.origin === own && core.store.receipts.has(url.pathname + url.search);
  return found ? url.pathname + url.search : refusal(
    400, 'invalid-receipt', 'The receipt subscription in the Link field does not exist',
  );
}

/** The receipt subscription to use: the one that was named, or a new one. */
export function openReceipt({ core: { store } }: Visit, named: string): string | Refusal {
  if (named !== 'new') return named;
  if (store.receipts.size >= store.limits.receipts) {
    const message = 'Too many receipt subscriptions: name one that you have in the Link field';
    return { ...refusal(429, 'too-many-receipts', message), retryAfter: 60 };
  }
  const path = `/receipt/${randomToken()}`;
  store.receipts.set(path, []);
  return path;
}
