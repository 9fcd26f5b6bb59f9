/** The header fields of a push (RFC 8030 §5), read apart from the code that writes them. */
import type { Urgency } from '../../types.ts';
import type { HeaderLookup } from '../headers.ts';
import { refusal } from './refusal.ts';
import type { Refusal } from './refusal.ts';

/** What a TTL counts as that is more than a recipient can represent (RFC 8030 §5.2). */
const OVERFLOW = 2 ** 31;

/** RFC 8030 §5.2: 1*DIGIT, seconds. */
export function readTtl(header: HeaderLookup): number | Refusal {
  const value = header('TTL')?.trim();
  if (value === undefined || value === '') {
    return refusal(400, 'missing-ttl', 'The TTL field is missing: seconds are wanted, 0 or more');
  }
  if (!/^\d+$/.test(value)) {
    const reason = /^-\d+$/.test(value) ? 'negative-ttl' : 'invalid-ttl';
    return refusal(400, reason, 'The TTL field is not seconds in digits, 0 or more');
  }
  return Math.min(Number(value), OVERFLOW);
}

const URGENCIES: ReadonlyMap<string, Urgency> = /* @__PURE__ */ new Map([
  ['very-low', 'very-low'], ['low', 'low'], ['normal', 'normal'], ['high', 'high'],
]);

/** RFC 8030 §5.3: one of four words, in any case (RFC 5234 §2.3); `normal` is the default. */
export function readUrgency(header: HeaderLookup): Urgency | Refusal {
  const value = header('Urgency');
  return value === undefined
    ? 'normal'
    : URGENCIES.get(value.trim().toLowerCase()) ?? refusal(
      400, 'invalid-urgency', 'The Urgency field is not one of very-low, low, normal and high',
    );
}

/** RFC 8030 §5.4. */
export const TOPIC: RegExp = /^[\w-]{1,32}$/;

export function readTopic(header: HeaderLookup, form: RegExp): string | undefined | Refusal {
  const value = header('Topic')?.trim();
  return value === undefined || form.test(value) ? value : refusal(
    400, 'invalid-topic', 'The Topic field is not 1 to 32 characters of the base64url alphabet',
  );
}

/** Whether a receipt is asked for: `Prefer: respond-async` (RFC 8030 §5.1, RFC 7240 §4.1). */
export function wantsReceipt(header: HeaderLookup): boolean {
  return (header('Prefer') ?? '').split(',').some((preference) =>
    /^\s*respond-async\s*$/i.test(preference.split(';', 1)[0] ?? ''));
}

// White space is collapsed before and has one place, or this could take exponential time.
const LINK = /<([^<>]*)>((?: ?; ?[!#$%&'*+.^`|~\w-]+(?: ?= ?(?:"(?:[^"\\]|\\.)*"|[^ ",;<>]+))?)*)/g;
const RELATION = /; ?rel ?= ?(?:"([^"]*)"|([^ ",;]+))/i;

/** The targets of the Link field's links of one relation (RFC 8288 §3). */
export function readLinks(header: HeaderLookup, relation: string): string[] {
  const field = (header('Link') ?? '').replace(/\s+/g, ' ');
  return [...field.matchAll(LINK)].flatMap(([, target = '', parameters = '']) => {
    const [, quoted, bare = ''] = RELATION.exec(parameters) ?? [];
    return (quoted ?? bare).toLowerCase().split(' ').includes(relation) ? [target] : [];
  });
}
