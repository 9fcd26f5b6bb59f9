/** Before anything is timed: what each contestant makes must open, and say what was put in. */
import { decrypt } from '../../src/receive.ts';

function equal(a, b) {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

/** Why a contestant's output is wrong, or `undefined`. `second`: another decrypter, such as http_ece. */
export async function whyWrong({ build, quotes }, { receivers, subscriptions }, payload, second) {
  try {
    const { headers, body } = await build(subscriptions[0], payload);
    const text = new TextDecoder().decode(payload);
    const expected = quotes ? new TextEncoder().encode(JSON.stringify(text)) : payload;
    // web-push has numbers among its fields.
    const fields = new Headers(headers);
    const own = await decrypt({ body, headers: fields }, receivers[0]);
    if (!equal(own, expected)) return 'decrypts to something else';
    const theirs = await second?.({ body, headers: fields }, receivers[0]);
    return theirs && !equal(new Uint8Array(theirs), expected) ? 'http_ece reads something else' : undefined;
  } catch (error) {
    return `${error?.code ?? error?.name}: ${error?.message}`;
  }
}
