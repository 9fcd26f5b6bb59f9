/** A captured request, field by field. */
import { readHeaders } from '../lib/headers.ts';
import type { HeaderLookup } from '../lib/headers.ts';
import {
  readLinks,
  readTopic,
  readTtl,
  readUrgency,
  TOPIC,
  wantsReceipt,
} from '../lib/service/fields.ts';
import { isRefusal } from '../lib/service/refusal.ts';
import { RECEIPT } from '../lib/service/rfc8030.ts';
import type { Bytes } from '../types.ts';
import type { Capture } from './capture.ts';
import { doubt, note, ok, wrong } from './findings.ts';
import type { Finding, Report, Section } from './findings.ts';
import { inspectMessage } from './inspect_body.ts';
import { inspectServices } from './inspect_services.ts';
import { inspectEndpoint } from './inspect_subscription.ts';
import type { Judge } from './inspect_subscription.ts';
import { inspectAuthorization, readAuthorization } from './inspect_token.ts';
import { many, span } from './layout.ts';

function inspectMethod(method: string | undefined): Finding {
  if (method === undefined) return note('method', 'not captured');
  if (method === 'POST') return ok('method', 'POST');
  if (method === 'PUT')
    return doubt(
      'method',
      'PUT: push services older than RFC 8030 wanted it, those of today want POST',
    );
  return wrong('method', `${method}: POST is wanted (RFC 8030 section 5)`);
}

/** RFC 8030 §5.2. */
function inspectTtl(header: HeaderLookup): Finding {
  const ttl = readTtl(header);
  if (isRefusal(ttl)) return wrong('TTL', ttl.message);
  if (ttl === 0) return ok('TTL', '0: delivered at once or not at all');
  const long = ttl > 2_419_200 ? '; FCM keeps nothing for more than 4 weeks' : '';
  return ok('TTL', `${ttl}, ${span(ttl)}${long}`);
}

/** RFC 8030 §5.3, where "high" and "HIGH" are one word; Apple's reading is stricter. */
function inspectUrgency(header: HeaderLookup): Finding {
  const [value, urgency] = [header('Urgency'), readUrgency(header)];
  if (isRefusal(urgency)) return wrong('Urgency', urgency.message);
  if (value === undefined) return note('Urgency', 'none, which is normal');
  return value.trim() === urgency
    ? ok('Urgency', urgency)
    : doubt('Urgency', `${value}: lower case is usual`);
}

/** RFC 8030 §5.4. */
function inspectTopic(header: HeaderLookup): Finding {
  const topic = readTopic(header, TOPIC);
  if (isRefusal(topic)) return wrong('Topic', topic.message);
  if (topic === undefined) return note('Topic', 'none: it replaces no message');
  return topic.length % 4 === 1
    ? doubt(
        'Topic',
        `${many(topic.length, 'character')}: Apple decodes it as base64url, which this length is `
          + `not`,
      )
    : ok('Topic', many(topic.length, 'character'));
}

function inspectLength(header: HeaderLookup, body: Bytes | undefined): Finding[] {
  const value = header('Content-Length');
  if (value === undefined) return [];
  const length = body?.length ?? 0;
  if (Number(value) === length && /^\d+$/.test(value)) return [ok('Content-Length', value)];
  if (!body) return [note('Content-Length', `${value}; the body was not captured`)];
  return [wrong('Content-Length', `${value}, but the body has ${many(length, 'byte')}`)];
}

function inspectReceipt(header: HeaderLookup): Finding[] {
  if (!wantsReceipt(header)) return [];
  const links = readLinks(header, RECEIPT);
  const where = links.length ? 'with a receipt subscription' : 'with a new receipt subscription';
  return [
    note(
      'Prefer',
      `asks for a receipt ${where} (RFC 8030 section 5.1); none of the great push services sends `
        + `any`,
    ),
  ];
}

const SECRET_FIELDS = ['Cookie', 'Proxy-Authorization'];

function inspectOthers(header: HeaderLookup): Finding[] {
  return SECRET_FIELDS.filter((name) => header(name) !== undefined).map((name) =>
    doubt(name, 'has no place in a push'),
  );
}

function fieldSection(capture: Capture, header: HeaderLookup): Section {
  const type = header('Content-Type');
  return {
    title: 'Fields',
    findings: [
      inspectTtl(header),
      inspectUrgency(header),
      inspectTopic(header),
      ...(type === undefined ? [] : [note('Content-Type', type)]),
      ...inspectLength(header, capture.body),
      ...inspectReceipt(header),
      ...inspectOthers(header),
    ],
  };
}

export async function inspectRequest(capture: Capture, judge: Judge): Promise<Report> {
  const { method, url: address, headers, body } = capture;
  const header = readHeaders(headers);
  const { findings, url } =
    address === undefined
      ? { findings: [note('endpoint', 'not captured')], url: undefined }
      : inspectEndpoint(address, judge);
  const audience = judge.audience ?? url?.origin;
  const authorization = header('Authorization');
  const key =
    authorization === undefined ? undefined : readAuthorization(authorization, header).key;
  const token: Section =
    authorization === undefined
      ? {
          title: 'Token (VAPID)',
          findings: [note('Authorization', 'none: only for a push service that asks for nobody')],
        }
      : await inspectAuthorization(authorization, headers, header, { ...judge, audience });
  return {
    kind: 'request',
    sections: [
      { title: 'Request', findings: [inspectMethod(method), ...findings] },
      fieldSection(capture, header),
      token,
      ...inspectMessage(body, header, key),
      await inspectServices(capture, header, url, judge.now),
    ],
  };
}
