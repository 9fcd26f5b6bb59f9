/** The codings before RFC 8188, sent and received: what each draft says of both sides. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as aesgcm from '../src/aesgcm.ts';
import * as aesgcm128 from '../src/aesgcm128.ts';
import { decodeBase64url, encodeBase64url } from '../src/lib/base64url.ts';
import { concat, zeros } from '../src/lib/bytes.ts';
import {
  AESGCM, HTTPBIS_00, keyContext, legacyKeys, mixAuth, padFront, THOMSON_01,
} from '../src/lib/legacy.ts';
import type { LegacyCoding } from '../src/lib/legacy.ts';
import { ecdh, generateEcdh, publicPoint } from '../src/lib/p256.ts';
import { importContentKey, recordNonce, sealRecord } from '../src/lib/records.ts';
import { decrypt } from '../src/receive.ts';
import type { Bytes, Encrypted } from '../src/types.ts';
import {
  BAD_POINTS, KEYS, misused, receiver, refused, SUBSCRIPTION, unchecked,
} from './core_support.ts';

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const data = (value: string): Bytes => new Uint8Array(new TextEncoder().encode(value));
const SALT = zeros(16).fill(7);

/** A message by hand, of records that each test chooses. */
async function sealed(
  coding: LegacyCoding,
  records: readonly Bytes[],
  fields: (dh: string, salt: string) => Readonly<Record<string, string>>,
): Promise<Encrypted> {
  const pair = await generateEcdh();
  const sender = await publicPoint(pair);
  const point = decodeBase64url(KEYS.p256dh)!;
  const secret = await ecdh(pair, point);
  const { cek, nonce } = coding.bound
    ? legacyKeys(
      coding.name, SALT, mixAuth(secret, decodeBase64url(KEYS.auth)!), keyContext(point, sender),
    )
    : legacyKeys(coding.name, SALT, secret, undefined);
  const key = await importContentKey(cek, 'encrypt');
  const parts = await Promise.all(
    records.map((record, i) => sealRecord(key, recordNonce(nonce, i), record)),
  );
  const headers = fields(encodeBase64url(sender), encodeBase64url(SALT));
  return { body: concat(parts), headers: { 'Content-Encoding': coding.name, ...headers } };
}

const newer = (dh: string, salt: string, more = ''): Record<string, string> =>
  ({ 'Encryption': `salt=${salt}${more}`, 'Crypto-Key': `dh=${dh}` });
const older = (dh: string, salt: string): Record<string, string> =>
  ({ 'Encryption': `salt=${salt}`, 'Encryption-Key': `dh=${dh}` });

async function opens(message: Encrypted, wanted: string, name?: string): Promise<void> {
  const own = await receiver();
  assert.is(text(await decrypt(message, own)), wanted, name);
  const { decrypt: door } = message.headers['Content-Encoding'] === 'aesgcm' ? aesgcm : aesgcm128;
  assert.is(text(await door(message, own)), wanted, name);
}

async function closed(message: unknown, name?: string): Promise<void> {
  for (const door of [decrypt, aesgcm.decrypt, aesgcm128.decrypt]) {
    const error = await refused(
      door(unchecked(message), await receiver()), 'ERR_DECRYPT_FAILED', name,
    );
    assert.is(error.message, 'Cannot decrypt this message');
    assert.is(error.cause, undefined);
  }
}

const sending = suite('legacy codings: sending');

sending('aesgcm: one salt and one dh, nothing that WNS stumbles on', async () => {
  const { body, headers } = await aesgcm.encrypt(SUBSCRIPTION, 'hello');
  assert.equal(Object.keys(headers), ['Content-Encoding', 'Encryption', 'Crypto-Key']);
  assert.is(headers['Content-Encoding'], 'aesgcm');
  assert.match(headers['Encryption'] ?? '', /^salt=[\w-]{22}$/);
  assert.match(headers['Crypto-Key'] ?? '', /^dh=[\w-]{87}$/);
  assert.is(body.length, 2 + 5 + 16);
});

sending('aesgcm128: keyid=p256dh in both fields; a field for the key where asked', async () => {
  const { body, headers } = await aesgcm128.encrypt(SUBSCRIPTION, 'hello');
  assert.equal(Object.keys(headers), ['Content-Encoding', 'Encryption', 'Crypto-Key']);
  assert.match(headers['Encryption'] ?? '', /^keyid=p256dh;salt=[\w-]{22}$/);
  assert.match(headers['Crypto-Key'] ?? '', /^keyid=p256dh;dh=[\w-]{87}$/);
  assert.is(body.length, 1 + 5 + 16);
  const first = await aesgcm128.encrypt(SUBSCRIPTION, 'hello', { form: 'encryption-key' });
  assert.equal(Object.keys(first.headers), ['Content-Encoding', 'Encryption', 'Encryption-Key']);
  assert.match(first.headers['Encryption-Key'] ?? '', /^keyid=p256dh;dh=[\w-]{87}$/);
  await opens(first, 'hello');
  for (const form of ['', 'Crypto-Key', null, 5]) {
    await misused(
      aesgcm128.encrypt(SUBSCRIPTION, 'x', { form: unchecked(form) }), TypeError, String(form),
    );
  }
});

sending('aesgcm128 pads by 255 octets and no more', async () => {
  await opens(await aesgcm128.encrypt(SUBSCRIPTION, 'abc', { padTo: 258 }), 'abc');
  await misused(aesgcm128.encrypt(SUBSCRIPTION, 'abc', { padTo: 259 }), RangeError);
  await opens(await aesgcm.encrypt(SUBSCRIPTION, 'abc', { padTo: 4077 }), 'abc');
});

const opening = suite('legacy codings: opening');

const FORMS: readonly (readonly [string, LegacyCoding, typeof newer | typeof older])[] = [
  ['aesgcm', AESGCM, newer], ['aesgcm128, Crypto-Key', HTTPBIS_00, newer],
  ['aesgcm128, Encryption-Key', THOMSON_01, older],
];

for (const [name, coding, fields] of FORMS) {
  const { overhead } = coding;
  const pad = (value: string, length = 0): Bytes => padFront(overhead, data(value), length);
  const whole = (...records: readonly Bytes[]): Promise<Encrypted> =>
    sealed(coding, records, (dh, salt) => fields(dh, salt));

  opening(`${name}: one record, padded or not, empty too`, async () => {
    await opens(await whole(pad('hello')), 'hello');
    await opens(await whole(pad('hello', 200)), 'hello');
    await opens(await whole(pad('')), '');
    await opens(await whole(pad('', 200)), '');
  });

  opening(`${name}: padding that is not zero, or longer than its record`, async () => {
    const dirty = pad('hello', 9);
    for (const at of [overhead, overhead + 8]) {
      const changed = dirty.slice();
      changed[at] = 1;
      await closed(await whole(changed), `octet ${at}`);
    }
    const endless = pad('');
    endless[overhead - 1] = 1;
    await closed(await whole(endless));
    const huge = pad('hello', 9);
    huge.fill(255, 0, overhead);
    await closed(await whole(huge));
    await closed(await whole(zeros(overhead - 1)), 'a record without the length of its padding');
  });

  opening(`${name}: several records; a full last one was cut off`, async () => {
    const rs = overhead + 3;
    const small = (dh: string, salt: string): Readonly<Record<string, string>> => {
      const all = fields(dh, salt);
      return { ...all, Encryption: `${all['Encryption']};rs=${rs}` };
    };
    const make = (...records: readonly Bytes[]): Promise<Encrypted> => sealed(
      coding, records, small,
    );
    await opens(await make(pad('abc'), pad('def'), pad('g')), 'abcdefg');
    await opens(await make(pad('abc'), pad('def'), pad('')), 'abcdef');
    const { body, headers } = await make(pad('abc'), pad('def'), pad('g'));
    const length = rs + 16;
    const part = (from: number, to?: number): Bytes => body.slice(from * length, to && to * length);
    await closed(await make(pad('abc'), pad('def')), 'no short record at the end');
    await closed({ headers, body: part(0, 2) }, 'cut between records');
    await closed({ headers, body: concat([part(1, 2), part(0, 1), part(2)]) }, 'swapped');
    await closed({ headers, body: concat([part(0, 1), part(0, 1), part(2)]) }, 'repeated');
    await closed({ headers, body: body.slice(0, -1) }, 'cut inside a record');
  });

  opening(`${name}: points that are none`, async () => {
    for (const [what, point] of Object.entries(BAD_POINTS)) {
      const { body } = await whole(pad('x'));
      const spelled = encodeBase64url(point);
      for (const dh of [spelled, `"${spelled}"`]) {
        const headers = { 'Content-Encoding': coding.name, ...fields(dh, encodeBase64url(SALT)) };
        await closed({ body, headers }, what);
      }
    }
  });

  opening(`${name}: salts that are not 16 octets, record sizes that are none`, async () => {
    const { body, headers } = await whole(pad('x'));
    const { Encryption = '' } = headers;
    const spoiled = [
      'salt=AAAA', 'salt=', 'rs=4096', `${Encryption}A`, `${Encryption}==`,
      Encryption.replace('salt', 'salz'),
      ...['0', '1', '-1', '1.5', '24x', '', '0x20', '1e3', '68719476706', '9'.repeat(400)].map(
        (rs) => `${Encryption};rs=${rs}`,
      ),
      `${Encryption};${Encryption}`,
    ];
    for (const field of spoiled) await closed(
      { body, headers: { ...headers, Encryption: field } }, field,
    );
    await opens({ body, headers: { ...headers, Encryption: `${Encryption};rs=68719476705` } }, 'x');
  });

  opening(`${name}: fields that are missing, and a coding that is another`, async () => {
    const message = await whole(pad('x'));
    for (const missing of ['Encryption', coding.keyField]) {
      const headers = Object.fromEntries(
        Object.entries(message.headers).filter(([field]) => field !== missing),
      );
      await closed({ body: message.body, headers }, missing);
    }
    const other = coding.name === 'aesgcm' ? aesgcm128 : aesgcm;
    await refused(other.decrypt(message, await receiver()), 'ERR_DECRYPT_FAILED');
    await closed(message.body, 'the body alone');
  });

  opening(`${name}: the keyid selects a key; without one the first counts`, async () => {
    const decoy = encodeBase64url(decodeBase64url(KEYS.p256dh)!);
    const field = coding.keyField;
    const keyed = (entries: (dh: string) => string, keyid: string): Promise<Encrypted> =>
      sealed(coding, [pad('x')], (dh, salt) =>
        ({ Encryption: `${keyid}salt=${salt}`, [field]: entries(dh) }));
    await opens(await keyed((dh) => `keyid=a;dh=${decoy}, keyid=b;dh=${dh}`, 'keyid=b;'), 'x');
    await opens(await keyed((dh) => `dh=${dh}, dh=${decoy}`, ''), 'x');
    await opens(await keyed((dh) => `p256ecdsa=${decoy}, dh=${dh}`, ''), 'x');
    await opens(await keyed((dh) => `dh=${dh};p256ecdsa=${decoy}`, ''), 'x');
    await closed(await keyed((dh) => `keyid=a;dh=${dh}`, 'keyid=b;'));
    await closed(await keyed((dh) => `dh=${dh}`, 'keyid=b;'));
    await closed(await keyed((dh) => `dh=${decoy}, dh=${dh}`, ''));
  });
}

sending.run();
opening.run();
