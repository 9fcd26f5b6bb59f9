/** Why a request is refused, before a vendor's words are put on it. */
export interface Refusal {
  readonly status: number;
  /** One word, the same for every vendor. */
  readonly reason: string;
  /** For people: what is, and what is wanted. */
  readonly message: string;
  readonly retryAfter?: number | undefined;
  /** It is about the token or its key: vendors have a status of their own for that. */
  readonly isToken?: true;
}

export function refusal(status: number, reason: string, message: string): Refusal {
  return { status, reason, message };
}

export function isRefusal(value: unknown): value is Refusal {
  return typeof value === 'object' && value !== null && 'reason' in value && 'status' in value;
}

/** An answer before it is a Response. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
}

export function answer(
  status: number,
  headers: Readonly<Record<string, string>> = {},
  body: string | null = null,
): Answer {
  return { status, headers, body };
}

export function jsonAnswer(
  status: number,
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  return answer(status, { 'Content-Type': 'application/json', ...headers }, JSON.stringify(value));
}

/** Statuses whose answers have no content (Fetch §2.2.3). */
const EMPTY: ReadonlySet<number> = /* @__PURE__ */ new Set([204, 205, 304]);

export function toResponse({ status, headers, body }: Answer, method: string): Response {
  const content = EMPTY.has(status) || method === 'HEAD' ? null : body;
  return new Response(content, { status, headers: { ...headers } });
}
