/** A push taken apart for the inbox: the same judgement as `subtle-push inspect` gives. */
import type { Detail, PartView, Row, ValueView } from '../inbox/types.ts';
import { decodeBase64url } from '../lib/base64url.ts';
import { decodeUtf8 } from '../lib/bytes.ts';
import { readHeaders } from '../lib/headers.ts';
import type { HeaderLookup } from '../lib/headers.ts';
import type { Explain } from '../lib/node/inbox/inbox.ts';
import type { Logged } from '../lib/node/inbox/log.ts';
import { refused } from '../lib/records.ts';
import type { Core } from '../lib/service/core.ts';
import type { Receiver } from '../receive.ts';
import type { Bytes } from '../types.ts';
import { layBody } from './body_layout.ts';
import type { Capture } from './capture.ts';
import { deriveValues } from './derivation.ts';
import type { Finding, Report } from './findings.ts';
import { recordSize } from './inspect_body.ts';
import { inspectRequest } from './inspect_request.ts';
import { judgeServices } from './inspect_services.ts';
import { readAuthorization } from './inspect_token.ts';
import { hex } from './layout.ts';
import { codingOf, openCaptured } from './open_message.ts';
import { REFUSALS } from './refusals.ts';
import { SERVICES } from './services.ts';

function toRow({ field, verdict, text }: Finding): Row {
  return { name: field, value: null, verdict, text };
}

function findingsOf({ sections }: Report, title: string): readonly Finding[] {
  return sections.find((section) => section.title === title)?.findings ?? [];
}

/** Names as the documents write them; a Request gives them in lower case. */
function spell(name: string): string {
  if (name === 'ttl') return 'TTL';
  return name.replace(/(^|-)[a-z]/g, (letters) => letters.toUpperCase());
}

/** Fields that a push has, or may have. */
const FIELDS = ['TTL', 'Urgency', 'Topic', 'Content-Encoding'];

const SEE_TOKEN: Finding = { field: 'Authorization', verdict: 'note', text: 'taken apart below' };

/** Every field that came, with what is to say of it, and those that did not come. */
function fieldRows(capture: Capture, header: HeaderLookup, report: Report): readonly Row[] {
  const found = [...findingsOf(report, 'Fields'), ...findingsOf(report, 'Message'), SEE_TOKEN];
  const rows = capture.headers.map(([name, value]): Row => {
    const finding = found.find(({ field }) => field.toLowerCase() === name);
    // What repeats the value at its beginning says more without it.
    const text = finding?.text.replace(`${value}, `, '') ?? '';
    return { name: spell(name), value, verdict: finding?.verdict ?? 'note', text };
  });
  const missing = found.filter(
    ({ field }) => FIELDS.includes(field) && header(field) === undefined,
  );
  const order = ({ name }: Row): number => FIELDS.indexOf(name) + 1 || FIELDS.length + 1;
  return [...rows, ...missing.map(toRow)].sort((a, b) => order(a) - order(b));
}

/** What the token says, readable; nothing for what is no token. */
function claimsOf(header: HeaderLookup): readonly string[] {
  const { token = '' } = readAuthorization(header('Authorization') ?? '', header);
  return token
    .split('.')
    .slice(0, 2)
    .flatMap((part) => {
      const bytes = decodeBase64url(part);
      const text = bytes && decodeUtf8(bytes);
      return text ? [text] : [];
    });
}

interface Opening {
  readonly data: Bytes | undefined;
  readonly unopened: string | null;
  readonly values: readonly ValueView[];
}

const SEALED = 'its subscription was not made here, so nobody but its user agent has the keys';

/** Opens it, also when it was refused: what was in it is worth knowing then too. */
async function open(
  capture: Capture,
  header: HeaderLookup,
  receiver: Receiver | undefined,
): Promise<Opening> {
  const { body, headers } = capture;
  if (!body) return { data: undefined, unopened: null, values: [] };
  if (!receiver) return { data: undefined, unopened: SEALED, values: [] };
  const opened = await openCaptured(receiver, headers, body);
  const unopened =
    'refusal' in opened
      ? REFUSALS[opened.refusal]
      : header('Content-Encoding') === undefined
        ? 'it has no Content-Encoding, and browsers go by that (shown here all the same)'
        : null;
  const coding = codingOf(header);
  const sent = { body, headers: Object.fromEntries(headers) };
  const values = coding && (await deriveValues(coding, receiver, sent));
  return {
    data: 'refusal' in opened ? undefined : opened.data,
    unopened,
    values:
      !values || refused(values)
        ? []
        : values.map(({ name, bytes, how }) => ({ name, hex: hex(bytes), how })),
  };
}

function layOut(
  { body }: Capture,
  header: HeaderLookup,
  data: Bytes | undefined,
): readonly PartView[] {
  const coding = codingOf(header);
  if (!body || !coding) return [];
  const inside = data && { data: data.length };
  const parts = layBody(coding, body, recordSize(coding, body, header), inside) ?? [];
  return parts.map(({ from, length, name, what, encrypted }) => ({
    from,
    length,
    name,
    what,
    encrypted,
  }));
}

/** Base64 is what `atob` reads. */
function base64(bytes: Bytes): string {
  return Buffer.from(bytes).toString('base64');
}

/** The origin that its token had to be for: where a server listens, or its endpoint's. */
function addressOf({ exchange }: Logged, { listening }: Core): URL {
  const url = new URL(exchange.url);
  const { subscriber } = exchange;
  if (listening.has(url.origin) || !subscriber) return url;
  return new URL(url.pathname + url.search, subscriber.origin);
}

/** Rows about services are under their labels, which the texts begin with. */
function serviceRow({ field, verdict, text }: Finding): Row {
  const label = SERVICES.find(({ name }) => name === field)?.label ?? field;
  return { name: label, value: null, verdict, text: text.replace(`${label} `, '') };
}

export const explain: Explain = async (record, { core }): Promise<Detail> => {
  const { exchange, summary } = record;
  const { method, headers, body, subscriber, answer, refusal, time } = exchange;
  const url = addressOf(record, core);
  const header = readHeaders(headers);
  const capture: Capture = { method, url: url.href, headers, body: body.length ? body : undefined };
  const judge = { now: time, endpoints: 'any', audience: url.origin } as const;
  const report = await inspectRequest(capture, judge);
  const { data, unopened, values } = await open(capture, header, subscriber?.receiver);
  const message = findingsOf(report, 'Message').filter(({ field }) => field !== 'Content-Encoding');
  return {
    summary,
    url: exchange.url,
    refusal: refusal?.message ?? null,
    answer: answer ? { ...answer, headers: Object.entries(answer.headers) } : null,
    data: data ? base64(data) : null,
    unopened,
    values,
    fields: fieldRows(capture, header, report),
    token: findingsOf(report, 'Token (VAPID)').map(toRow),
    claims: claimsOf(header),
    message: message.map(toRow),
    services: (await judgeServices(capture, header, url, time)).map(serviceRow),
    body: base64(body),
    parts: layOut(capture, header, data),
  };
};
