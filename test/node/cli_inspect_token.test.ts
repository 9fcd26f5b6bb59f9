/** `subtle-push inspect` of a token: header, claims, signature and key. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Judge } from '../../src/cli/inspect_subscription.ts';
import { inspectToken } from '../../src/cli/inspect_token.ts';
import { encodeBase64url } from '../../src/lib/base64url.ts';
import { utf8 } from '../../src/lib/bytes.ts';
import { generateVapidKeys } from '../../src/vapid.ts';
import { assertAll, doubts, FCM, JUDGE, NOW, vapid, wrongs } from './cli_inspect_support.ts';

const test = suite('cli inspect: token');

function jwt(header: unknown, claims: unknown, signature: string = 'A'.repeat(86)): string {
  const part = (value: unknown): string => encodeBase64url(utf8(JSON.stringify(value)));
  return `${part(header)}.${part(claims)}.${signature}`;
}

const HEADER = { typ: 'JWT', alg: 'ES256' };
const SECONDS = NOW / 1000;
const CLAIMS = {
  aud: 'https://fcm.googleapis.com', exp: SECONDS + 3600, sub: 'mailto:ops@example.com',
};
const AT_FCM: Judge = { ...JUDGE, audience: 'https://fcm.googleapis.com' };

test('a good Authorization field; and the same token with each fault', async () => {
  const field = await vapid.authorize(FCM);
  const report = await inspectToken(field, AT_FCM);
  assert.equal(wrongs(report), []);
  assert.match(JSON.stringify(report), /made with the private key of k/);
  assert.match(JSON.stringify(report), /is in 12 hours/);
  assert.not.ok(JSON.stringify(report).includes(field.split('.')[2]!.slice(0, 40)));
  const bare = await inspectToken(await vapid.token(FCM), AT_FCM);
  assert.equal(wrongs(bare), []);
  const later = await inspectToken(field, { ...AT_FCM, now: NOW + 86_400_000 });
  assertAll(wrongs(later), [/^exp has passed 12 hours ago/, /^in all .* expired/]);
  const elsewhere = await inspectToken(
    field, { ...AT_FCM, audience: 'https://web.push.apple.com' },
  );
  assertAll(
    wrongs(elsewhere),
    [/^aud is "https:\/\/fcm.*but the endpoint's origin is https:\/\/web/, /^in all/],
  );
  const other = (await generateVapidKeys()).publicKey;
  const stolen = await inspectToken(field.replace(/k=.*/, `k=${other}`), AT_FCM);
  assertAll(wrongs(stolen), [/^signature was not made .* are the keys a pair/, /^in all/]);
});

test('tokens: header, claims, signature and key, each fault by itself', async () => {
  const cases: [string, readonly RegExp[]][] = [
    [jwt({ typ: 'JWT', alg: 'HS256' }, CLAIMS), [/^alg must be "ES256".*"HS256"/]],
    [jwt(HEADER, { ...CLAIMS, aud: undefined }), [/^aud is missing/]],
    [jwt(HEADER, { ...CLAIMS, aud: 'https://fcm.googleapis.com/' }), [/^aud .*without the slash/]],
    [jwt(HEADER, { ...CLAIMS, aud: FCM }), [/^aud /]],
    [jwt(HEADER, { ...CLAIMS, exp: undefined }), [/^exp is missing/]],
    [jwt(HEADER, { ...CLAIMS, exp: '1' }), [/^exp must be a number/]],
    [jwt(HEADER, { ...CLAIMS, exp: NOW }), [/^exp .*milliseconds/]],
    [
      jwt(HEADER, { ...CLAIMS, exp: SECONDS + 90_000 }),
      [/^exp is in 1 day 1 hour.*24 hours are the most/],
    ],
    [jwt(HEADER, { ...CLAIMS, sub: 'ops@example.com' }), [/^sub must be a mailto: or https: URI/]],
    [jwt(HEADER, { ...CLAIMS, nbf: SECONDS + 60 }), [/^nbf/]],
    [jwt(HEADER, CLAIMS, 'AAAA'), [/^signature has 3 bytes, 64 are wanted/]],
    [jwt(HEADER, CLAIMS, '+/=='), [/^signature is not base64url/]],
    [jwt(HEADER, [1]), [/^claims are not/]],
    [jwt([], CLAIMS), [/^token header is not/]],
  ];
  for (const [token, wanted] of cases) assertAll(wrongs(await inspectToken(token, AT_FCM)), wanted);
  const subjects = ['mailto:me@localhost', 'mailto:mailto:a@example.com', 'https://host.local/'];
  for (const sub of subjects) {
    const report = await inspectToken(jwt(HEADER, { ...CLAIMS, sub }), AT_FCM);
    assertAll(wrongs(report), []);
    assert.match(doubts(report)[0] ?? '', /Apple would answer BadJwtToken/, sub);
  }
  assertAll(
    wrongs(await inspectToken('vapid t=, k=', AT_FCM)),
    [/^token is missing/, /^k is missing/, /^in all/],
  );
  assertAll(
    wrongs(await inspectToken('vapid t=a.b, k=AAAA', AT_FCM)),
    [/^token has 2 parts/, /^k has 3 bytes/, /^in all/],
  );
});

test.run();
