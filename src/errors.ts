import { property } from './lib/bytes.ts';

/**
 * What went wrong, named for what the caller can do next. The README says what each asks of you.
 */
export type PushErrorCode =
  | 'ERR_SUBSCRIPTION_INVALID'
  | 'ERR_SUBSCRIPTION_GONE'
  | 'ERR_KEY_MISMATCH'
  | 'ERR_UNAUTHORIZED'
  | 'ERR_PAYLOAD_TOO_LARGE'
  | 'ERR_RATE_LIMITED'
  | 'ERR_UNAVAILABLE'
  | 'ERR_REJECTED'
  | 'ERR_NETWORK'
  | 'ERR_TIMEOUT'
  | 'ERR_ADDRESS_REFUSED'
  | 'ERR_EXPIRED'
  | 'ERR_ABORTED'
  | 'ERR_DELIVERY_INVALID'
  | 'ERR_VAPID_INVALID'
  | 'ERR_TOKEN_INVALID'
  | 'ERR_KEY_INVALID'
  | 'ERR_DECRYPT_FAILED'
  | 'ERR_NOTIFICATION_INVALID';

/** What an error knows beyond its code and message. */
export interface PushErrorFacts {
  readonly cause?: unknown;
  readonly status?: number | undefined;
  readonly reason?: string | undefined;
  readonly detail?: string | undefined;
  readonly retryAfter?: number | undefined;
  readonly sent?: 'no' | 'maybe' | undefined;
  readonly origin?: string | undefined;
  readonly endpoint?: string | undefined;
}

/**
 * The members that may be shown to anyone; the others may hold a capability or a stranger's text.
 */
const SHOWN = ['status', 'reason', 'retryAfter', 'sent', 'origin'] as const;

interface Held extends PushErrorFacts {
  readonly shown: Readonly<Record<string, unknown>>;
}

/**
 * What belongs to an error and is not in it: workerd clones hidden members too, and calls their
 * getters; private members would make two copies of the package two types.
 */
const HELD: WeakMap<object, Held> = /* @__PURE__ */ new WeakMap();

/**
 * Every error of this library. `code` says what to do; the rest are facts, each `undefined` where
 * it does not apply. Printing, serialising or cloning an error shows no endpoint, key or token.
 */
export class PushError extends Error {
  declare readonly code: PushErrorCode;
  /** The HTTP status of the push service's answer. */
  declare readonly status: number | undefined;
  /** The vendor's word for it, such as `BadJwtToken`. */
  declare readonly reason: string | undefined;
  /** Milliseconds to wait before the next attempt, where the push service said so. */
  declare readonly retryAfter: number | undefined;
  /** Whether the push service may have taken the message all the same. */
  declare readonly sent: 'no' | 'maybe' | undefined;
  /** The origin of the endpoint: safe to log. */
  declare readonly origin: string | undefined;

  constructor(
    code: PushErrorCode,
    message: string,
    facts: PushErrorFacts = {},
    name: string = 'PushError',
  ) {
    super(message);
    const shown: Record<string, unknown> = { code };
    for (const key of SHOWN) if (facts[key] !== undefined) shown[key] = facts[key];
    HELD.set(this, { ...facts, shown: { name, message, ...shown } });
    Object.assign(this, shown);
    // A getter of its own: Node and Deno print a cause's text where it is plain data, or inherited.
    if (facts.cause !== undefined) define(this, 'cause', { get: () => facts.cause });
    define(this, 'name', { value: name, writable: true });
    // Job queues keep only the message and the stack. V8 writes a header above the frames, others
    // do not, and a program can make it anything (Error.prepareStackTrace).
    const stack = `${this.stack ?? ''}`;
    const frames = stack.split(message)[1] ?? `\n${stack}`;
    define(this, 'stack', { value: `${name} [${code}]: ${message}${frames}`, writable: true });
  }

  /** At most 1,024 characters of the answer, control characters replaced. Not enumerable. */
  get detail(): string | undefined {
    return HELD.get(this)?.detail;
  }

  /** A capability: whoever knows it can send to it. Not enumerable. */
  get endpoint(): string | undefined {
    return HELD.get(this)?.endpoint;
  }

  /**
   * name, code, message, status, reason, retryAfter, sent, origin; never endpoint, cause or detail.
   */
  get toJSON(): () => Readonly<Record<string, unknown>> {
    return () => ({ ...HELD.get(this)?.shown });
  }
}

/** An error of a sending: the push service's answer, or none. */
export class DeliveryError extends PushError {
  declare readonly origin: string;

  constructor(
    code: PushErrorCode,
    message: string,
    facts: PushErrorFacts & { readonly endpoint: string; readonly origin: string },
  ) {
    super(code, message, facts, 'DeliveryError');
  }

  override get endpoint(): string {
    return super.endpoint ?? '';
  }
}

function define(error: PushError, key: string, descriptor: PropertyDescriptor): void {
  Object.defineProperty(error, key, { configurable: true, ...descriptor });
}

/**
 * Whether a value is an error of this library: by name and code, so also one of another copy of the
 * package, of another realm, or what `toJSON()` gave.
 */
export function isPushError(error: unknown): error is PushError {
  try {
    const name = property(error, 'name');
    const code = property(error, 'code');
    return (name === 'PushError' || name === 'DeliveryError')
      && typeof code === 'string' && code.startsWith('ERR_');
  } catch {
    // A stranger's getters may throw.
    return false;
  }
}
