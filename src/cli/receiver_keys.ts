/** A receiver's keys out of a file. */
import { decodeBase64, encodeBase64url } from '../lib/base64url.ts';
import { concat, property } from '../lib/bytes.ts';
import { importReceiver } from '../receive.ts';
import type { Receiver } from '../receive.ts';
import { CliError } from './failure.ts';
import { parseJson, readText } from './input.ts';
import type { Terminal } from './term.ts';

const WANTED =
  'JSON with publicKey (or p256dh), privateKey and auth is wanted, as '
  + '`subtle-push keys --receiver` prints it';

/** The first member with text, of the objects where people keep it. */
function find(value: unknown, names: readonly string[]): string | undefined {
  const subscription = property(value, 'subscription');
  const holders = [value, property(value, 'keys'), property(subscription, 'keys')];
  return holders
    .flatMap((holder) => names.map((name) => property(holder, name)))
    .find((text) => typeof text === 'string');
}

/** A JWK's point: browsers' extensions export private keys so. */
function pointOf(jwk: unknown): string | undefined {
  const [x, y] = ['x', 'y'].map((name) => decodeBase64(String(property(jwk, name))));
  if (!x || !y) return undefined;
  return encodeBase64url(concat([new Uint8Array([4]), x, y]));
}

export async function readReceiverFile(name: string, terminal: Terminal): Promise<Receiver> {
  const value = parseJson(await readText(name, terminal), name);
  const key: unknown = property(value, 'privateKey') ?? value;
  const jwk = property(key, 'd') === undefined ? undefined : key;
  const privateKey = jwk ? String(property(jwk, 'd')) : find(value, ['privateKey']);
  const publicKey = find(value, ['publicKey', 'p256dh']) ?? pointOf(jwk);
  const auth = find(value, ['auth']);
  if (privateKey !== undefined && publicKey !== undefined && auth !== undefined) {
    return importReceiver({ publicKey, privateKey, auth });
  }
  throw new CliError(`${name} does not hold the keys of a receiver: ${WANTED}`);
}
