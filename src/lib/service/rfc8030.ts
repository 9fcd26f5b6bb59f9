/** The push service of the RFCs: what every sender has to get along with. */
import { TOPIC } from './fields.ts';
import { answer, jsonAnswer } from './refusal.ts';
import { randomToken } from './tokens.ts';
import { retryField } from './vendor.ts';
import type { Vendor } from './vendor.ts';

/** RFC 8030 §5.1. */
export const RECEIPT = 'urn:ietf:params:push:receipt';

export const RFC8030: Vendor = {
  origin: 'https://push.example.com',
  vapid: 'optional',
  // RFC 8030 §7.2: what must be taken, and no more, so that a sender that passes it is noticed.
  maxBody: 4096,
  // 30 days; RFC 8030 §5.2 has a service shorten as it likes.
  maxTtl: 2_592_000,
  topic: TOPIC,
  receipts: true,
  endpoint: () => `/push/${randomToken()}`,
  name: () => {
    const id = randomToken();
    return { id, path: `/message/${id}` };
  },
  accept: ({ ttl }, location = '', receipt) => {
    const headers = { Location: location, TTL: String(ttl) };
    return receipt === undefined
      ? answer(201, headers)
      : answer(202, { ...headers, Link: `<${receipt}>; rel="${RECEIPT}"` });
  },
  refuse: (refusal) => jsonAnswer(
    // "MUST return a 404" for a subscription that has ended (RFC 8030 §7.3); vendors say 410.
    refusal.reason === 'gone' ? 404 : refusal.status,
    { reason: refusal.reason, message: refusal.message },
    {
      ...retryField(refusal),
      // RFC 9110 §11.6.1 wants a challenge; RFC 8292 §3 gives it no parameters.
      ...(refusal.status === 401 ? { 'WWW-Authenticate': 'vapid' } : {}),
    },
  ),
};
