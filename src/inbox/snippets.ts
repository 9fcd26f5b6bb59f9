/** A subscription as text that other programs take. */
import type { About, SubscriptionView } from './types.ts';

/** A word of a POSIX shell: nothing in single quotes means anything but the quote itself. */
export function shellQuote(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

/** As `JSON.stringify(pushSubscription)` gives it in a page. */
export function toJson({ endpoint, p256dh, auth }: SubscriptionView): string {
  return JSON.stringify({ endpoint, expirationTime: null, keys: { p256dh, auth } }, undefined, 2);
}

/** A push without payload: nothing is encrypted. `authorization`: a token, if one is wanted. */
export function toCurl(
  { endpoint }: SubscriptionView,
  about: About,
  authorization: string | undefined,
): string {
  const lines = [
    'curl -i -X POST',
    ...(endpoint.startsWith('https:') ? [`--cacert ${shellQuote(about.ca)}`] : []),
    "-H 'TTL: 60'",
    ...(authorization === undefined ? [] : [`-H ${shellQuote(`Authorization: ${authorization}`)}`]),
    shellQuote(endpoint),
  ];
  return lines.join(' \\\n  ');
}

function indent(text: string): string {
  return text.replaceAll('\n', '\n  ').trimEnd();
}

function keysOf({ keys }: About): string {
  return JSON.stringify(keys, undefined, 2);
}

function trust({ endpoint }: SubscriptionView, { ca }: About): string {
  return endpoint.startsWith('https:')
    ? `// NODE_EXTRA_CA_CERTS=${shellQuote(ca)} node push.mjs\n`
    : '// node push.mjs\n';
}

export function toLibrary(subscription: SubscriptionView, about: About): string {
  return `${trust(subscription, about)}import { createVapid, send } from 'subtle-push';

const vapid = createVapid({
  subject: 'mailto:you@example.com',
  keys: ${indent(keysOf(about))},
});
const subscription = ${toJson(subscription)};

// A server of your own is not public, so the policy is named.
const { status } = await send(subscription, 'Hello', { vapid, endpoints: 'any' });
console.log(status);
`;
}

export function toWebPush(subscription: SubscriptionView, about: About): string {
  const { publicKey, privateKey } = about.keys;
  const plain = subscription.endpoint.startsWith('http:')
    ? '// web-push speaks TLS only: make a subscription with an https endpoint for it\n'
    : '';
  return `${plain}${trust(subscription, about)}import webpush from 'web-push';

webpush.setVapidDetails(
  'mailto:you@example.com',
  ${JSON.stringify(publicKey)},
  ${JSON.stringify(privateKey)},
);
const subscription = ${toJson(subscription)};

const { statusCode } = await webpush.sendNotification(subscription, 'Hello');
console.log(statusCode);
`;
}
