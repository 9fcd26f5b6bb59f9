/** Which push services would take a request, and in which words the others would refuse it. */
import { isPushError } from '../errors.ts';
import { property, zeros } from '../lib/bytes.ts';
import type { HeaderLookup } from '../lib/headers.ts';
import { readTopic, readTtl, readUrgency } from '../lib/service/fields.ts';
import { isRefusal, refusal } from '../lib/service/refusal.ts';
import type { Answer, Refusal } from '../lib/service/refusal.ts';
import type { Vendor } from '../lib/service/vendor.ts';
import { verifyToken } from '../lib/service/verify.ts';
import type { Capture } from './capture.ts';
import { doubt, note, ok, wrong } from './findings.ts';
import type { Finding, Section } from './findings.ts';
import { count, many } from './layout.ts';
import { harmless } from './term.ts';
import { SERVICES, serviceOf } from './services.ts';

/** A request that is judged as if it came to each of the services. */
interface Case {
  readonly header: HeaderLookup;
  readonly body: NonNullable<Capture['body']>;
  /** The origin that it went to: what its token must be for. */
  readonly audience: string | undefined;
  readonly now: number;
}

async function judgeToken(
  { vapid, token: rules }: Vendor,
  { header, audience, now }: Case,
): Promise<Refusal | undefined> {
  const authorization = header('Authorization');
  if (vapid === 'never' || (vapid === 'optional' && authorization === undefined)) return undefined;
  if (audience === undefined) return undefined;
  try {
    await verifyToken(authorization ?? '', { audience, now, header, rules });
    return undefined;
  } catch (error) {
    if (!isPushError(error)) throw error;
    const reason = error.reason ?? 'invalid-token';
    const status = reason === 'missing-authorization' ? 401 : 403;
    return { ...refusal(status, reason, error.message), isToken: true };
  }
}

/** In the order in which the test double looks. */
async function judge(vendor: Vendor, request: Case): Promise<Refusal | undefined> {
  const { header, body } = request;
  const token = await judgeToken(vendor, request);
  if (token) return token;
  if (body.length > vendor.maxBody && !vendor.cutsBody) {
    return refusal(413, 'too-large', `The body is longer than ${count(vendor.maxBody)} bytes`);
  }
  const ttl = vendor.ownTtl ?? readTtl(header);
  if (isRefusal(ttl)) return ttl;
  const urgency = vendor.ignoresUrgency ? undefined : readUrgency(header);
  if (isRefusal(urgency)) return urgency;
  const topic = vendor.topic ? readTopic(header, vendor.topic) : undefined;
  if (isRefusal(topic)) return topic;
  const coding = header('Content-Encoding')?.trim().toLowerCase();
  return vendor.check?.({ header, body, coding, ttl });
}

/** FCM's own words for a request without a token are a page of HTML. */
function titleOf(body: string | null): string | undefined {
  return /<title>([^<]+)/i.exec(body ?? '')?.[1];
}

/** The words of an answer, wherever the vendor puts them. */
function wordsOf({ status, headers, body }: Answer): string {
  let json: unknown;
  try {
    json = JSON.parse(body ?? '');
  } catch {
    // FCM answers with plain text, WNS with fields.
  }
  const words =
    property(json, 'reason')
    ?? property(json, 'message')
    ?? property(json, 'error')
    ?? headers['X-WNS-Error-Description']
    ?? titleOf(body)
    ?? body?.split('\n')[0];
  return words === undefined || words === null
    ? String(status)
    : `${status} ${harmless(String(words))}`;
}

/** What the imitations do not do, because nobody knows for sure. */
function doubts(name: string, { header, body }: Case): string | undefined {
  const coding = header('Content-Encoding')?.trim().toLowerCase();
  if (name === 'apple' && coding === 'aesgcm') return 'reports differ on whether it takes aesgcm';
  if (name === 'apple' && header('TTL')?.trim() === '0')
    return 'its document wants a positive TTL; nobody has measured it';
  if (name === 'mozilla' && body.length > 3015)
    return 'Firefox for Android would get 413: its limit is 3,015 bytes';
  if (name === 'ntfy' && body.length > 4096)
    return `it cuts the body without a word, and ${many(body.length - 4096, 'byte')} are lost`;
  return undefined;
}

async function finding(
  service: (typeof SERVICES)[number],
  request: Case,
  addressed: boolean,
  path: string,
): Promise<Finding> {
  const { name, label, vendor } = service;
  const refused = await judge(vendor, request);
  if (!refused) {
    const why = doubts(name, request);
    if (why === undefined) return ok(name, `${label} takes it`);
    return (addressed ? doubt : note)(name, `${label} may take it: ${why}`);
  }
  const words = wordsOf(vendor.refuse(refused, path, request.now));
  // Some vendors' words are ours.
  const why = words.includes(refused.message) ? '' : `. ${refused.message}`;
  return (addressed ? wrong : note)(name, `${label} refuses it with ${words}${why}`);
}

/** What each service would say, as if the request had gone to it. */
export function judgeServices(
  { body }: Capture,
  header: HeaderLookup,
  url: URL,
  now: number,
): Promise<readonly Finding[]> {
  const request: Case = { header, body: body ?? zeros(0), audience: url.origin, now };
  const path = url.pathname + url.search;
  return Promise.all(SERVICES.map((service) => finding(service, request, true, path)));
}

/** Only what the service that was asked would say counts; the others are for comparison. */
export async function inspectServices(
  { body }: Capture,
  header: HeaderLookup,
  url: URL | undefined,
  now: number,
): Promise<Section> {
  const request: Case = { header, body: body ?? zeros(0), audience: url?.origin, now };
  const asked = url && serviceOf(url);
  const path = url ? url.pathname + url.search : '/';
  const findings = await Promise.all(
    SERVICES.map((service) => finding(service, request, service === asked, path)),
  );
  const title = asked
    ? `Push services (it goes to ${asked.label})`
    : 'Push services (it goes to none of these; what each would say)';
  return { title, findings };
}
