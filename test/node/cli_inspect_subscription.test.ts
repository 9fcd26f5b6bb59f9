/** `subtle-push inspect` of a subscription: each fault, told with what is wanted. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { inspectSubscription } from '../../src/cli/inspect_subscription.ts';
import { assertAll, doubts, FCM, good, JUDGE, NOW, PATH, wrongs } from './cli_inspect_support.ts';

const test = suite('cli inspect: subscription');

test('a good subscription: nothing wrong; endpoint and auth are not shown', () => {
  const report = inspectSubscription(good, JUDGE);
  assert.equal(wrongs(report), []);
  assert.equal(doubts(report), []);
  const text = JSON.stringify(report);
  for (const secret of [PATH, good.keys!.auth]) assert.not.ok(text.includes(secret));
  assert.match(text, /FCM/);
  assert.match(text, /allowed by public, known, any/);
});

const POINT = (): string => good.keys!.p256dh;

function withKeys(change: Record<string, unknown>): unknown {
  return { ...good, keys: { ...good.keys, ...change } };
}

test('subscriptions: each fault is named with what is wanted', () => {
  const point = Buffer.from(POINT(), 'base64url');
  const encoded = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url');
  const off = Buffer.from(point);
  off[64]! ^= 1;
  const cases: [unknown, readonly RegExp[]][] = [
    [{ ...good, endpoint: undefined }, [/^endpoint is missing/]],
    [{ ...good, endpoint: 5 }, [/^endpoint must be text, not of type number/]],
    [{ ...good, endpoint: 'wss://x.example.com/' }, [/it is a WebSocket address/]],
    [{ ...good, endpoint: 'fcm.googleapis.com/x' }, [/does not begin with https/]],
    [{ ...good, endpoint: 'https://u:p@x.example.com/' }, [/it has a user or password/]],
    [{ ...good, endpoint: 'https://x.example.com/a b' }, [/it has white space/]],
    [{ ...good, endpoint: 'https://x.example.com/#a' }, [/it has a "#"/]],
    [{ ...good, endpoint: `https://x.example.com/${'a'.repeat(2048)}` }, [/2,048 are the most/]],
    [
      { ...good, endpoint: 'http://x.example.com/' },
      [/^policy public refuses it: it must be https/],
    ],
    [{ ...good, endpoint: 'https://127.0.0.1/' }, [/^policy .* not an address/]],
    [
      { ...good, endpoint: 'https://permanently-removed.invalid/x' },
      [/removed for good: delete it/],
    ],
    [withKeys({ p256dh: undefined }), [/^p256dh is missing/]],
    [withKeys({ p256dh: 5 }), [/^p256dh must be text/]],
    [
      withKeys({ p256dh: `${POINT().slice(0, 40)} ${POINT().slice(40)}` }),
      [/it has white space in it/],
    ],
    [withKeys({ p256dh: POINT().slice(0, -2) }), [/p256dh .*64 bytes|was it cut off/]],
    [
      withKeys({ p256dh: encoded(point.subarray(1)) }),
      [/has 64 bytes, .* the 04 at its beginning is missing/],
    ],
    [
      withKeys({ p256dh: encoded(Buffer.concat([Buffer.from([2]), point.subarray(1, 33)])) }),
      [/33 bytes.*compressed/],
    ],
    [withKeys({ p256dh: encoded(off) }), [/is no point of the curve P-256/]],
    [
      withKeys({ p256dh: encoded(Buffer.concat([Buffer.alloc(26), point])) }),
      [/SubjectPublicKeyInfo/],
    ],
    [withKeys({ auth: undefined }), [/^auth is missing/]],
    [withKeys({ auth: 'AAAA' }), [/^auth has 3 bytes, 16 are wanted/]],
    [withKeys({ auth: POINT() }), [/are auth and p256dh mixed up/]],
    [{ ...good, expirationTime: NOW - 1000 }, [/^expirationTime passed 1 second ago/]],
    [{ ...good, expirationTime: 'soon' }, [/^expirationTime must be milliseconds/]],
    [{}, [/^endpoint is missing/]],
  ];
  for (const [value, wanted] of cases) assertAll(wrongs(inspectSubscription(value, JUDGE)), wanted);
  assert.match(
    doubts(inspectSubscription({ endpoint: FCM }, JUDGE))[0] ?? '',
    /takes pushes without payload only/,
  );
  assert.match(
    doubts(inspectSubscription({ ...good, expirationTime: NOW / 1000 }, JUDGE))[0] ?? '',
    /are seconds meant\?/,
  );
  const padded = inspectSubscription(
    withKeys({ p256dh: Buffer.from(POINT(), 'base64url').toString('base64') }), JUDGE,
  );
  assert.equal(wrongs(padded), []);
  assert.match(JSON.stringify(padded), /padding/);
});

test.run();
