/** A subscription, member by member. */
import { checkEndpoint, checkPolicy, parseEndpoint } from '../endpoint.ts';
import { isPushError } from '../errors.ts';
import { property } from '../lib/bytes.ts';
import { subscriptionId } from '../subscription.ts';
import type { EndpointPolicy } from '../types.ts';
import { doubt, note, ok, wrong } from './findings.ts';
import type { Finding, Report, Section } from './findings.ts';
import { inspectAuth, inspectPoint } from './inspect_key.ts';
import { instant, many, span } from './layout.ts';
import { SERVICES, serviceOf } from './services.ts';
import type { Service } from './services.ts';

/** What to judge by. `now`: milliseconds. */
export interface Judge {
  readonly now: number;
  readonly endpoints: EndpointPolicy;
  /** The origin that a token must be for, where no request says so. */
  readonly audience: string | undefined;
}

/** What the library says of something, without its usual beginning. */
export function complaint(check: () => unknown): string | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    if (!isPushError(error)) throw error;
    return error.message
      .replace(/^Cannot use this subscription: its endpoint /, '')
      .replace(' (see the endpoints option)', '');
  }
}

/** Why text is no endpoint, more closely than one sentence for all can say. */
function whyNoEndpoint(text: string): string {
  const problems = [
    [text.length > 2048, `it has ${many(text.length, 'character')}, 2,048 are the most`],
    [/^wss?:/i.test(text), 'it is a WebSocket address'],
    [!/^https?:\/\//i.test(text), 'it does not begin with https://'],
    [/^https?:\/\/[^/?#]*@/i.test(text), 'it has a user or password before its host'],
    [/\s/.test(text), 'it has white space in it'],
    [/[\x00-\x1f\x7f-\x9f]/.test(text), 'it has control characters in it'],
    [text.includes('\\'), 'it has a backslash in it'],
    [text.includes('#'), 'it has a "#" in it'],
  ] as const;
  return problems.find(([is]) => is)?.[1] ?? 'it is no URL';
}

const POLICIES = ['public', 'known', 'any'] as const;

/** The policies that refuse it, with their reasons. */
function policyFinding(url: URL, endpoints: EndpointPolicy): Finding {
  const verdicts = POLICIES.map(
    (policy) => [policy, complaint(() => checkPolicy(url, policy))] as const,
  );
  const allowed = verdicts.filter(([, why]) => why === undefined).map(([policy]) => policy);
  const refused = verdicts.flatMap(([policy, why]) =>
    why === undefined ? [] : [`${policy} (it ${why})`],
  );
  const text = `allowed by `
    + `${allowed.join(', ')}${refused.length ? `; refused by ${refused.join(', ')}` : ''}`;
  const why = complaint(() => checkPolicy(url, endpoints));
  return why === undefined
    ? ok('policy', text)
    : wrong('policy', `${String(endpoints)} refuses it: it ${why}`);
}

function describe({ label, form, looks }: Service, url: URL): string {
  return form(url) ? label : `${label}; its endpoints look otherwise: ${looks}`;
}

/** What keeps a value from being an endpoint at all. */
function whyUnusable(value: unknown): string | undefined {
  if (value === undefined) return 'is missing';
  if (typeof value !== 'string') return `must be text, not of type ${typeof value}`;
  const wrongForm = complaint(() => checkEndpoint(value)) !== undefined || !URL.canParse(value);
  return wrongForm ? `cannot be called: ${whyNoEndpoint(value)}` : undefined;
}

const REMOVED = 'stands for a subscription that was removed for good: delete it';

/** The endpoint, of which only the origin is shown: the rest is a capability. */
export function inspectEndpoint(
  value: unknown,
  { endpoints }: Judge,
): { findings: Finding[]; url: URL | undefined } {
  const why = whyUnusable(value);
  if (why !== undefined) return { findings: [wrong('endpoint', why)], url: undefined };
  const text = String(value);
  const url = new URL(text);
  const gone = complaint(() => parseEndpoint(text)) !== undefined;
  if (gone) return { findings: [wrong('endpoint', REMOVED)], url };
  const service = serviceOf(url);
  const shown = `${url.origin}/... (${many(text.length, 'character')}; the rest is a secret)`;
  const named = service
    ? describe(service, url)
    : `none of ${SERVICES.map(({ label }) => label).join(', ')}`;
  const findings = [
    ok('endpoint', shown),
    policyFinding(url, endpoints),
    note('push service', named),
  ];
  return { findings, url };
}

function inspectExpiration(value: unknown, now: number): Finding[] {
  const field = 'expirationTime';
  if (value === undefined || value === null)
    return [note(field, 'none: it lasts until it is told gone')];
  if (typeof value !== 'number' || !(value >= 0)) {
    return [wrong(field, 'must be milliseconds since 1970, or null')];
  }
  if (value > 0 && value < 1e11)
    return [
      doubt(field, `in milliseconds it was ${instant(value / 1000)}: are seconds meant?`),
    ];
  const away = span((value - now) / 1000);
  return value > now
    ? [ok(field, `in ${away} (${instant(value / 1000)})`)]
    : [
        wrong(
          field,
          `passed ${away} ago (${instant(value / 1000)}): the page has to subscribe anew`,
        ),
      ];
}

function inspectKeys(value: unknown): Finding[] {
  const keys = property(value, 'keys') ?? value;
  const [p256dh, auth] = [property(keys, 'p256dh'), property(keys, 'auth')];
  if ((p256dh ?? auth ?? undefined) === undefined) {
    return [
      doubt(
        'keys',
        'none: it takes pushes without payload only (was JSON.stringify(subscription) used?)',
      ),
    ];
  }
  return [inspectPoint('p256dh', p256dh, "the receiver's public key"), inspectAuth(auth)];
}

const MEMBERS = ['endpoint', 'expirationTime', 'keys', 'p256dh', 'auth', 'id'];

export function inspectSubscription(value: unknown, judge: Judge): Report {
  const { findings, url } = inspectEndpoint(property(value, 'endpoint'), judge);
  const others = Object.keys(Object(value)).filter((name) => !MEMBERS.includes(name));
  const id = url ? [note('id', `${subscriptionId({ endpoint: url.href })} (subscriptionId)`)] : [];
  const section: Section = {
    title: 'Subscription',
    findings: [
      ...findings,
      ...inspectKeys(value),
      ...inspectExpiration(property(value, 'expirationTime'), judge.now),
      ...(others.length
        ? [note('others', `${many(others.length, 'further member')}, passed over`)]
        : []),
      ...id,
    ],
  };
  return { kind: 'subscription', sections: [section] };
}
