/** A VAPID token, part by part. */
import { isPushError } from '../errors.ts';
import { decodeBase64url } from '../lib/base64url.ts';
import { decodeUtf8, utf8 } from '../lib/bytes.ts';
import { rawSignature, verifyEs256 } from '../lib/es256.ts';
import type { HeaderLookup } from '../lib/headers.ts';
import { parseParams } from '../lib/params.ts';
import { parseObject } from '../lib/service/json.ts';
import { verifyVapid } from '../lib/service/verify.ts';
import { checkSubject } from '../lib/subject.ts';
import type { Field } from './capture.ts';
import { doubt, note, ok, wrong } from './findings.ts';
import type { Finding, Report, Section } from './findings.ts';
import { inspectPoint, isStrict, pointIn } from './inspect_key.ts';
import { complaint } from './inspect_subscription.ts';
import type { Judge } from './inspect_subscription.ts';
import { instant, many, span } from './layout.ts';

/** An Authorization value taken apart, with as much good will as there can be. */
export interface Credentials {
  readonly scheme: string | undefined;
  readonly token: string | undefined;
  readonly key: string | undefined;
}

const TOKEN = /^[\w-]*\.[\w-]*\.[\w+/=-]*$/;

/** Whether text looks like a token, or like an Authorization field with one. */
export function isToken(text: string): boolean {
  const bare = text.trim().replace(/^authorization:\s*/i, '');
  return TOKEN.test(bare) || /^(vapid|webpush|bearer)\s/i.test(bare);
}

export function readAuthorization(text: string, header: HeaderLookup): Credentials {
  const bare = text.trim().replace(/^authorization:\s*/i, '');
  if (TOKEN.test(bare)) return { scheme: undefined, token: bare, key: cryptoKey(header) };
  const [, scheme = '', rest = ''] = /^(\S+)\s*([^]*)$/.exec(bare) ?? [];
  if (scheme.toLowerCase() !== 'vapid') return { scheme, token: rest, key: cryptoKey(header) };
  const parameter = (name: string): string | undefined =>
    new RegExp(`(?:^|[\\s,;])${name}\\s*=\\s*"?([^\\s",;]*)`, 'i').exec(rest)?.[1];
  return { scheme, token: parameter('t'), key: parameter('k') };
}

function cryptoKey(header: HeaderLookup): string | undefined {
  return parseParams(header('Crypto-Key') ?? '')
    ?.find((element) => element.has('p256ecdsa'))
    ?.get('p256ecdsa');
}

function inspectScheme({ scheme }: Credentials): Finding {
  const name = scheme?.toLowerCase();
  if (name === undefined) return note('scheme', 'a token alone, without "vapid t=..., k=..."');
  if (name === 'vapid') return ok('scheme', 'vapid (RFC 8292)');
  if (name === 'webpush')
    return ok('scheme', 'WebPush (the draft before RFC 8292), with the key in Crypto-Key');
  if (name === 'bearer') return doubt('scheme', 'Bearer (the first draft): only Mozilla takes it');
  return wrong(
    'scheme',
    'is none of vapid, WebPush and Bearer: "vapid t=<token>, k=<public key>" is wanted',
  );
}

type Members = ReadonlyMap<string, unknown>;

function inspectHeader(members: Members | undefined): Finding[] {
  if (!members)
    return [wrong('token header', 'is not base64url of a JSON object with distinct members')];
  const [alg, typ] = [members.get('alg'), members.get('typ')];
  return [
    alg === 'ES256'
      ? ok('alg', 'ES256')
      : wrong(
          'alg',
          `must be "ES256" (RFC 8292 section 2), not ${JSON.stringify(alg) ?? 'missing'}`,
        ),
    ...(typ === 'JWT'
      ? [ok('typ', 'JWT')]
      : [doubt('typ', '"JWT" is usual, and some services look')]),
    ...(members.has('crit')
      ? [wrong('crit', 'no push service understands critical extensions')]
      : []),
  ];
}

function inspectAudience(aud: unknown, expected: string | undefined): Finding {
  if (aud === undefined)
    return wrong(
      'aud',
      `is missing: the endpoint's origin is wanted${expected ? `, ${expected}` : ''}`,
    );
  if (Array.isArray(aud)) return doubt('aud', 'is a list; RFC 7519 allows it, Mozilla does not');
  if (typeof aud !== 'string') return wrong('aud', 'must be text: the origin of the endpoint');
  if (expected !== undefined) {
    if (aud === expected) return ok('aud', `${aud}, the endpoint's origin`);
    const slash = aud === `${expected}/` ? ' (without the slash at its end)' : '';
    return wrong(
      'aud',
      `is ${JSON.stringify(aud)}, but the endpoint's origin is ${expected}${slash}`,
    );
  }
  const origin = URL.canParse(aud) ? new URL(aud).origin : undefined;
  if (origin === aud) return ok('aud', `${aud}, an origin`);
  return wrong(
    'aud',
    origin === undefined || origin === 'null'
      ? `is ${JSON.stringify(aud)}: an origin such as https://push.example.com is wanted`
      : `is more than an origin: ${origin} is wanted`,
  );
}

/** RFC 8292 §2: at most 24 hours ahead. */
function inspectExpiry(exp: unknown, now: number): Finding {
  if (exp === undefined)
    return wrong('exp', 'is missing: seconds since 1970, at most 24 hours ahead, are wanted');
  if (typeof exp !== 'number')
    return wrong('exp', `must be a number of seconds, not ${JSON.stringify(exp)}`);
  const seconds = now / 1000;
  const away = span(exp - seconds);
  if (exp > 1e11)
    return wrong('exp', `${exp} is too far ahead: are milliseconds given? Seconds are wanted`);
  if (exp < seconds)
    return wrong(
      'exp',
      `has passed ${away} ago (${instant(exp)}): sign a new token, check the clock`,
    );
  if (exp > seconds + 86_400)
    return wrong(
      'exp',
      `is in ${away} (${instant(exp)}): 24 hours are the most (RFC 8292 section 2)`,
    );
  if (exp > seconds + 86_100)
    return doubt('exp', `is in ${away}: a clock that differs a little makes it more than 24 hours`);
  const whole = Number.isInteger(exp) ? '' : '; it has a fraction, which Mozilla refuses';
  return whole
    ? doubt('exp', `is in ${away}${whole}`)
    : ok('exp', `is in ${away} (${instant(exp)})`);
}

/** RFC 8292 §2.1. */
const CONTACT = /^(mailto:[^\s<>"\\]+|https:\/\/[^\s<>"\\/?#]+[^\s<>"\\]*)$/i;

function inspectSubject(sub: unknown): Finding {
  if (sub === undefined) return doubt('sub', 'is missing: Apple refuses tokens without a contact');
  if (typeof sub !== 'string' || !CONTACT.test(sub)) {
    return wrong('sub', `must be a mailto: or https: URI, not ${JSON.stringify(sub)}`);
  }
  const why = complaint(() => checkSubject(sub));
  return why === undefined
    ? ok('sub', sub)
    : doubt('sub', `${sub}: ${why}; Apple would answer BadJwtToken`);
}

const KNOWN_CLAIMS = ['aud', 'exp', 'sub'];

function inspectClaims(members: Members | undefined, { now, audience }: Judge): Finding[] {
  if (!members)
    return [wrong('claims', 'are not base64url of a JSON object with distinct members')];
  const others = [...members.keys()].filter((name) => !KNOWN_CLAIMS.includes(name));
  const nbf = members.get('nbf');
  const early = nbf !== undefined && !(typeof nbf === 'number' && nbf <= now / 1000);
  return [
    inspectAudience(members.get('aud'), audience),
    inspectExpiry(members.get('exp'), now),
    inspectSubject(members.get('sub')),
    ...(early ? [wrong('nbf', 'the token is not valid yet: check the clock')] : []),
    ...(others.length ? [note('other claims', others.join(', '))] : []),
  ];
}

async function inspectSignature(token: string, key: string | undefined): Promise<Finding> {
  const field = 'signature';
  const end = token.lastIndexOf('.');
  const bytes = decodeBase64url(token.slice(end + 1));
  if (!bytes) return wrong(field, 'is not base64url without padding');
  if (bytes.length !== 64) {
    const der = rawSignature(bytes) ? ': it is DER, ES256 wants r and s, 32 bytes each' : '';
    return wrong(field, `has ${many(bytes.length, 'byte')}, 64 are wanted${der}`);
  }
  const point = pointIn(key);
  if (!point) return note(field, '64 bytes; without the public key it cannot be checked');
  return (await verifyEs256(point, bytes, utf8(token.slice(0, end))))
    ? ok(field, '64 bytes, made with the private key of k')
    : wrong(field, 'was not made for this token with the private key of k: are the keys a pair?');
}

function inspectKey({ scheme, key }: Credentials): Finding {
  const old = scheme !== undefined && scheme.toLowerCase() !== 'vapid';
  const field = old ? 'p256ecdsa' : 'k';
  if (key === undefined || key === '') {
    if (scheme === undefined)
      return note(field, "none given; the server's public key is wanted to check the signature");
    return wrong(
      field,
      old
        ? 'is missing: Crypto-Key must have p256ecdsa=<public key>'
        : 'is missing: k=<public key> is wanted',
    );
  }
  const finding = inspectPoint(field, key, "the server's public key");
  return finding.verdict === 'ok' && !isStrict(key)
    ? wrong(field, 'must be base64url without padding (RFC 8292 section 3.2)')
    : finding;
}

/** The sum: what a push service that keeps to RFC 8292 says. */
async function verdict(
  text: string,
  headers: readonly Field[],
  { now, audience }: Judge,
): Promise<Finding[]> {
  if (audience === undefined) return [];
  try {
    await verifyVapid(text, { audience, now: () => now, headers });
    return [ok('in all', 'a push service that keeps to RFC 8292 takes it')];
  } catch (error) {
    if (!isPushError(error)) throw error;
    return [wrong('in all', `a push service refuses it: ${error.message}`)];
  }
}

function part(text: string | undefined): Members | undefined {
  const bytes = decodeBase64url(text ?? '');
  return parseObject(bytes && decodeUtf8(bytes));
}

/** `headers`: the request's, for the older schemes. */
export async function inspectAuthorization(
  text: string,
  headers: readonly Field[],
  header: HeaderLookup,
  judge: Judge,
): Promise<Section> {
  const credentials = readAuthorization(text, header);
  const { token = '', scheme } = credentials;
  const parts = token.split('.');
  const findings: Finding[] = [inspectScheme(credentials)];
  if (token === '') findings.push(wrong('token', 'is missing: t=<token> is wanted'));
  else if (parts.length !== 3) {
    findings.push(
      wrong(
        'token',
        `has ${many(parts.length, 'part')} between dots, three are wanted: header, claims, `
          + `signature`,
      ),
    );
  } else {
    findings.push(
      ...inspectHeader(part(parts[0])),
      ...inspectClaims(part(parts[1]), judge),
      await inspectSignature(token, credentials.key),
    );
  }
  findings.push(inspectKey(credentials));
  if (scheme !== undefined)
    findings.push(...(await verdict(text.replace(/^authorization:\s*/i, ''), headers, judge)));
  return { title: 'Token (VAPID)', findings };
}

export async function inspectToken(text: string, judge: Judge): Promise<Report> {
  const none: HeaderLookup = () => undefined;
  return { kind: 'token', sections: [await inspectAuthorization(text, [], none, judge)] };
}
