/** VAPID keys in every form that tools write, and in those that only look like one. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createVapid, generateVapidKeys, importVapidKeys, vapidSigner } from '../src/index.ts';
import type { VapidKeys } from '../src/index.ts';
import { encodeBase64url } from '../src/lib/base64url.ts';
import { isPoint } from '../src/lib/p256.ts';
import type { Bytes, KeyPair } from '../src/types.ts';
import {
  BAD_POINTS, OTHER_KEYS, refused, SUBJECT, unchecked, vapid, VAPID_KEYS,
} from './core_support.ts';
import { unhex } from './vectors/format.ts';

const D = 'c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721';
const POINT = '0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6'
  + '7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299';
/** As OpenSSL 3 writes it: RFC 5958 and RFC 5915, with the public key and without. */
const OID = '06082a8648ce3d030107';
const SEC1 = `30770201010420${D}a00a${OID}a144034200${POINT}`;
const PKCS8 = `308187020100301306072a8648ce3d0201${OID}046d306b0201010420${D}a144034200${POINT}`;
const SEC1_BARE = `30310201010420${D}a00a${OID}`;
const SEC1_BAREST = `30250201010420${D}`;
const PKCS8_BARE = `3041020100301306072a8648ce3d0201${OID}0427${SEC1_BAREST}`;

const EC = 'EC PRIVATE KEY';
function pem(der: string, label = 'PRIVATE KEY', newline = '\n'): string {
  const text = btoa(String.fromCharCode(...unhex(der))).replace(/.{64}/g, `$&${newline}`);
  return `-----BEGIN ${label}-----${newline}${text}${newline}-----END ${label}-----${newline}`;
}

const [x, y] = [unhex(POINT.slice(2, 66)), unhex(POINT.slice(66))].map(encodeBase64url);
const JWK = { kty: 'EC', crv: 'P-256', x, y, d: VAPID_KEYS.privateKey };
const PARAMETERS = `-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n`;

/** Whether this platform makes a public key out of a private one: Firefox and WebKitGTK do not. */
async function derives(): Promise<boolean> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256' };
  try {
    await crypto.subtle.importKey('pkcs8', unhex(PKCS8_BARE), algorithm, true, ['sign'])
      .then((key) => crypto.subtle.exportKey('jwk', key))
      .then((jwk) => assert.is(jwk.x, x));
    return true;
  } catch {
    return false;
  }
}

const formats = suite('importVapidKeys');

formats('every form gives the same two strings', async () => {
  const { publicKey, privateKey } = VAPID_KEYS;
  const standard = (text: string): string => text.replace(/-/g, '+').replace(/_/g, '/');
  const inputs: Readonly<Record<string, unknown>> = {
    'the pair': VAPID_KEYS,
    'as JSON': JSON.stringify(VAPID_KEYS),
    'as indented JSON': `\n${JSON.stringify({ subject: SUBJECT, ...VAPID_KEYS }, null, 2)}\n`,
    'standard base64': {
      publicKey: `${standard(publicKey)}=`, privateKey: `${standard(privateKey)}=`,
    },
    'quotes and line ends': { publicKey: `"${publicKey}"\n`, privateKey: ` '${privateKey}'\r\n` },
    'a literal \\n': { publicKey: `${publicKey}\\n`, privateKey: `"${privateKey}\\n"` },
    'JWK': JWK,
    'JWK with more': { ...JWK, ext: true, key_ops: ['sign'], use: 'sig', alg: 'ES256', kid: 'x' },
    'JWK without kty': { ...JWK, kty: undefined },
    'JWK text': JSON.stringify(JWK),
    'JWK bytes': new TextEncoder().encode(JSON.stringify(JWK)),
    'PKCS#8 DER': unhex(PKCS8),
    'PKCS#8 PEM': pem(PKCS8),
    'PKCS#8 PEM, CRLF': pem(PKCS8, undefined, '\r\n'),
    'PKCS#8 PEM, a literal \\n': pem(PKCS8, undefined, '\\n'),
    'PKCS#8 PEM, quoted': JSON.stringify(pem(PKCS8)),
    'PKCS#8 PEM, on one line': pem(PKCS8, undefined, ' '),
    'PEM bytes': new TextEncoder().encode(pem(PKCS8)),
    'PEM with words around': `Bag Attributes\n  x\n${pem(PKCS8)}\nbye`,
    'SEC1 DER': unhex(SEC1),
    'SEC1 PEM': pem(SEC1, EC),
    'SEC1 PEM with EC PARAMETERS': PARAMETERS + pem(SEC1, EC),
    'an ArrayBuffer': unhex(SEC1).buffer,
  };
  for (const [name, input] of Object.entries(inputs)) {
    assert.equal(await importVapidKeys(unchecked(input)), VAPID_KEYS, name);
  }
});

formats('a private key alone gives its public key where the platform derives it', async () => {
  const inputs: Readonly<Record<string, unknown>> = {
    'PKCS#8': unhex(PKCS8_BARE), 'PKCS#8 PEM': pem(PKCS8_BARE), 'SEC1': unhex(SEC1_BARE),
    'SEC1 PEM': pem(SEC1_BARE, EC), 'SEC1 without parameters': unhex(SEC1_BAREST),
    'JWK': { ...JWK, x: undefined, y: undefined },
    'the string': { privateKey: VAPID_KEYS.privateKey },
  };
  const can = await derives();
  for (const [name, input] of Object.entries(inputs)) {
    const importing = importVapidKeys(unchecked(input));
    if (can) assert.equal(await importing, VAPID_KEYS, name);
    else assert.match((await refused(importing, 'ERR_VAPID_INVALID', name)).message, 'give both');
  }
});

formats('a private key that lost its leading zeros gets them back', async () => {
  const d = '0077777777777777777777777777777777777777777777777777777777777775';
  const point = '04cb1b357c666b339f66934a57b71b01522a9fcb3b425f318cb5a92386e9e0ab72'
    + 'd1dd23f53b68c84380a1fc6f9b04ab9b3239319f051f6e707d17d6e02a3f1d13';
  const whole = { publicKey: encodeBase64url(unhex(point)), privateKey: encodeBase64url(unhex(d)) };
  const short = { ...whole, privateKey: encodeBase64url(unhex(d.slice(2))) };
  assert.equal(await importVapidKeys(short), whole);
  await createVapid({ subject: SUBJECT, keys: short }).ready();
  const sec1 = `3076020101041f${d.slice(2)}a00a${OID}a144034200${point}`;
  assert.equal(await importVapidKeys(unhex(sec1)), whole);
  const one = { ...OTHER_KEYS, privateKey: 'AQ' };
  assert.equal(await importVapidKeys(one), OTHER_KEYS);
});

formats('a pair of CryptoKeys that can be exported', async () => {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256' } as const;
  const pair = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const keys = await importVapidKeys(pair);
  assert.ok(isPoint(unhex(POINT)));
  assert.equal(await importVapidKeys(keys), keys);
  assert.is(
    createVapid({ subject: SUBJECT, keys: await vapidSigner(pair) }).publicKey, keys.publicKey,
  );
});

formats('generated keys are as web-push prints them, and never the same', async () => {
  const [one, two] = await Promise.all([generateVapidKeys(), generateVapidKeys()]);
  assert.match(one.publicKey, /^B[\w-]{86}$/);
  assert.match(one.privateKey, /^[\w-]{43}$/);
  assert.is.not(one.privateKey, two.privateKey);
  assert.equal(await importVapidKeys(one), one);
});

const wrong = suite('importVapidKeys: refused');

async function refuses(inputs: Readonly<Record<string, unknown>>): Promise<void> {
  for (const [name, input] of Object.entries(inputs)) {
    const error = await refused(importVapidKeys(unchecked(input)), 'ERR_VAPID_INVALID', name);
    const { cause, message, stack } = error;
    for (const text of [message, String(stack), JSON.stringify(error), String(cause)]) {
      assert.not.match(text, VAPID_KEYS.privateKey, name);
      assert.not.match(text, D, name);
    }
  }
}

wrong('pairs that do not belong together: Deno and Firefox import them', async () => {
  const { publicKey } = OTHER_KEYS;
  const foreign = unhex(`04${'6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296'}`
    + '4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5');
  const other = {
    ...JWK, x: encodeBase64url(foreign.slice(1, 33)), y: encodeBase64url(foreign.slice(33)),
  };
  const swap = (der: string): Bytes =>
    unhex(der.replace(POINT, Array.from(foreign, (b) => b.toString(16).padStart(2, '0')).join('')));
  await refuses({
    'the pair': { ...VAPID_KEYS, publicKey }, 'JWK': other, 'JWK text': JSON.stringify(other),
    'PKCS#8': swap(PKCS8), 'SEC1': swap(SEC1),
    'the wrong way round': { publicKey: VAPID_KEYS.privateKey, privateKey: VAPID_KEYS.publicKey },
  });
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256' } as const;
  const [one, two] = await Promise.all([0, 1].map(
    () => crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']),
  ));
  await refuses({ 'CryptoKeys': { publicKey: one!.publicKey, privateKey: two!.privateKey } });
  const vapidOf = createVapid({ subject: SUBJECT, keys: { ...VAPID_KEYS, publicKey } });
  await refused(vapidOf.ready(), 'ERR_VAPID_INVALID');
  await refused(vapidOf.token('https://push.example.com/'), 'ERR_VAPID_INVALID');
  await refused(vapidOf.authorize('https://push.example.com/'), 'ERR_VAPID_INVALID');
});

wrong('points that are none, in every form', async () => {
  for (const [name, point] of Object.entries(BAD_POINTS)) {
    const publicKey = encodeBase64url(point);
    const keys = { ...VAPID_KEYS, publicKey };
    const hex = Array.from(point, (b) => b.toString(16).padStart(2, '0')).join('');
    await refuses({
      [`${name}: pair`]: keys, [`${name}: JSON`]: JSON.stringify(keys),
      [`${name}: bytes`]: { ...keys, publicKey: point },
      ...(point.length === 65 && {
        [`${name}: JWK`]: {
          ...JWK, x: encodeBase64url(point.slice(1, 33)), y: encodeBase64url(point.slice(33, 64)),
        },
        [`${name}: SEC1`]: unhex(SEC1.replace(POINT, hex)),
      }),
    });
    await refused(() => createVapid({ subject: SUBJECT, keys }), 'ERR_VAPID_INVALID', name);
    const sign = (): Bytes => new Uint8Array(64);
    for (const signer of [{ publicKey, sign }, { publicKey: point, sign }]) {
      await refused(
        () => createVapid({ subject: SUBJECT, keys: signer }), 'ERR_VAPID_INVALID', name,
      );
    }
  }
});

wrong('scalars that are none', async () => {
  const N = 'ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551';
  for (const d of ['', '00', '00'.repeat(32), N, 'ff'.repeat(32), `00${D}`, D.repeat(2)]) {
    const privateKey = encodeBase64url(unhex(d));
    await refuses({ pair: { ...VAPID_KEYS, privateKey }, JWK: { ...JWK, d: privateKey } });
    if (d.length === 64) await refuses({ [`bare ${d}`]: unhex(PKCS8_BARE.replace(D, d)) });
  }
});

wrong('keys of other curves and kinds', async () => {
  const k1 = 'd50d2609073cf1307866a9568249bb9251379a361d0dc08d5746966a6f3d93e1';
  const k1Point = '043f17771407890507c9cd4eab2511e47f7d4c01709249a104d535861b570a1342'
    + 'e4dbb019446b260dcb35d8f3aaefd22a735d486b5adc065b607e37fbd75384f5';
  const k1Sec1 = `30740201010420${k1}a00706052b8104000aa144034200${k1Point}`;
  const p384 = '3081a40201010430c026830d840a7f853207937e7072f126fb8bf545daa291c5d200eacc76a1b94f'
    + 'd015b98b46571504086ed6f41feaaf72a00706052b81040022a16403620004a92960e212de2e6812360e397d46'
    + '35389d09b25207f042e5fc609aa69d9d8f348205f7bf41989f13faccd0c14ab49b9376788e10eea941f19c1892'
    + '779a54363a527e3556395917936eb24c86f3944ab223ddf345457c53f501a5b8674f7d1f73';
  const p384Pkcs8 = `3081b6020100301006072a8648ce3d020106052b8104002204819e30819b${
    p384.slice(6).replace('a00706052b81040022', '')}`;
  const pair = await crypto.subtle.generateKey(
    { name: 'ECDSA', namedCurve: 'P-384' }, true, ['sign', 'verify'],
  );
  await refuses({
    'P-384, SEC1': unhex(p384), 'P-384, PKCS#8': unhex(p384Pkcs8), 'P-384, PEM': pem(p384, EC),
    'P-384, CryptoKeys': pair, 'P-384, JWK': await crypto.subtle.exportKey('jwk', pair.privateKey),
    'secp256k1, SEC1': unhex(k1Sec1),
    // Its scalar would do for P-256 too, and sign with a key that nobody knows.
    'secp256k1, SEC1 without public key': unhex(`302e0201010420${k1}a00706052b8104000a`),
    'Ed25519': unhex('302e020100300506032b657004220420f46f5923a8068f7b6b02cd3061eb29469be42284b959'
      + '1c5bcb081bab1360aa7e'),
    'JWK of another kind': { kty: 'OKP', crv: 'Ed25519', x, d: VAPID_KEYS.privateKey },
    'JWK of another kind with our curve': { ...JWK, kty: 'RSA' },
    'symmetric JWK': { kty: 'oct', k: VAPID_KEYS.privateKey },
  });
  await refused(vapidSigner(pair), 'ERR_VAPID_INVALID');
});

wrong('public keys, encrypted keys, files cut short, and what is no key at all', async () => {
  const spki = `3059301306072a8648ce3d0201${OID}034200${POINT}`;
  const inputs: Readonly<Record<string, unknown>> = {
    'encrypted PKCS#8': pem(PKCS8, 'ENCRYPTED PRIVATE KEY'),
    'encrypted SEC1': pem(SEC1, EC)
      .replace('-----\n', '-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: x\n\n'),
    'public PEM': pem(spki, 'PUBLIC KEY'), 'public DER': unhex(spki),
    'certificate': pem(spki, 'CERTIFICATE'),
    'public JWK': { ...JWK, d: undefined },
    'public JWK text': JSON.stringify({ ...JWK, d: undefined }),
    'half a JWK': { ...JWK, y: undefined },
    'the public key alone': { publicKey: VAPID_KEYS.publicKey },
    'the string alone': VAPID_KEYS.privateKey, 'PEM cut short': pem(PKCS8).slice(0, 100),
    'PEM of nonsense': '-----BEGIN PRIVATE KEY-----\n====\n-----END PRIVATE KEY-----',
    'broken JSON': '{"publicKey": ', 'JSON of nothing': '{}', 'JSON of null': '{"privateKey":null}',
    'nothing': undefined, 'null': null, 'a number': 5, 'empty': '',
    'empty bytes': new Uint8Array(0),
    'a list': [], 'a list of both': [VAPID_KEYS.publicKey, VAPID_KEYS.privateKey], 'an object': {},
    'nulls': { publicKey: null, privateKey: null }, 'objects': { publicKey: {}, privateKey: {} },
    'numbers': { publicKey: 5, privateKey: 5 }, 'a function': () => VAPID_KEYS,
    'long': 'x'.repeat(1e6), 'long spaces': { ...VAPID_KEYS, privateKey: `a${' '.repeat(1e5)}b` },
    'deep DER': unhex('30'.repeat(2000)), 'DER of zeros': new Uint8Array(2000),
  };
  await refuses(inputs);
  for (let length = 0; length < PKCS8.length / 2; length += 3) {
    await refuses({ [`PKCS#8 of ${length} bytes`]: unhex(PKCS8.slice(0, 2 * length)) });
  }
});

wrong('CryptoKeys that cannot be exported; vapidSigner, which is named, takes them', async () => {
  const pair: KeyPair = await crypto.subtle.generateKey(
    { name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign', 'verify'],
  );
  const error = await refused(importVapidKeys(pair), 'ERR_VAPID_INVALID');
  assert.match(error.message, 'see vapidSigner');
  await createVapid({ subject: SUBJECT, keys: await vapidSigner(pair) }).ready();
  const swapped = { publicKey: pair.publicKey, privateKey: pair.publicKey };
  const own = createVapid({ subject: SUBJECT, keys: await vapidSigner(swapped) });
  await refused(own.ready(), 'ERR_VAPID_INVALID');
  const secret = await crypto.subtle.generateKey(
    { name: 'AES-GCM', length: 128 }, true, ['encrypt'],
  );
  await refused(vapidSigner({ publicKey: secret, privateKey: secret }), 'ERR_VAPID_INVALID');
  await refused(vapidSigner({ ...pair, publicKey: secret }), 'ERR_VAPID_INVALID');
});

const identity = suite('createVapid');

identity('checks at once what needs no key operation', async () => {
  for (const keys of [undefined, null, 5, 'x', {}, { publicKey: VAPID_KEYS.publicKey },
    { ...VAPID_KEYS, privateKey: '' }, { ...VAPID_KEYS, privateKey: 'x' }]) {
    await refused(
      () => createVapid({ subject: SUBJECT, keys: unchecked<VapidKeys>(keys) }),
      'ERR_VAPID_INVALID',
    );
  }
  for (const subject of ['mailto:a\u0001b@example.com', 'mailto:ab@exam\u007fple.com', undefined]) {
    await refused(() => vapid({ subject: unchecked(subject) }), 'ERR_VAPID_INVALID');
  }
  assert.is(vapid().publicKey, VAPID_KEYS.publicKey);
  assert.is(vapid().subject, SUBJECT);
});

formats.run();
wrong.run();
identity.run();
