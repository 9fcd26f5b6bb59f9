/** Tokens by key: least recently used, renewed at half their life, each signed once. */

/** A token and the instants it is good for, in milliseconds. */
export interface Token {
  readonly text: string;
  readonly from: number;
  readonly renewAt: number;
  readonly until: number;
}

interface Entry {
  readonly token: Token | undefined;
  /** A signature on its way, and when it was asked for. */
  readonly pending: { readonly promise: Promise<Token>; readonly since: number } | undefined;
}

/** A server that talks to more origins than this is talked to by strangers. */
const MAX_ENTRIES = 1000;
/** Milliseconds for which a signature on its way is shared; a signer that hangs is asked again. */
const MAX_PENDING = 10_000;

export interface TokenStore {
  readonly get: (key: string, make: () => Promise<Token>) => Promise<string>;
}

export function createTokenStore(now: () => number): TokenStore {
  const entries = new Map<string, Entry>();
  const put = (key: string, entry: Entry): void => {
    entries.delete(key);
    entries.set(key, entry);
    const oldest = entries.keys().next();
    if (entries.size > MAX_ENTRIES && !oldest.done) entries.delete(oldest.value);
  };
  const start = (
    key: string,
    make: () => Promise<Token>,
    old: Token | undefined,
  ): Promise<Token> => {
    const promise = make();
    put(key, { token: old, pending: { promise, since: now() } });
    const settle = (token: Token | undefined) => (): void => {
      if (entries.get(key)?.pending?.promise !== promise) return;
      if (token) put(key, { token, pending: undefined });
      else entries.delete(key);
    };
    promise.then((token) => settle(token)(), settle(old));
    return promise;
  };
  const get = async (key: string, make: () => Promise<Token>): Promise<string> => {
    const entry = entries.get(key);
    const time = now();
    const { token, pending } = entry ?? {};
    // A clock that was set back makes a token one of the future, which services refuse.
    const good = token && token.from <= time && time < token.until ? token : undefined;
    if (entry && good && time < good.renewAt) {
      put(key, entry);
      return good.text;
    }
    const shared = pending && time >= pending.since && time - pending.since < MAX_PENDING;
    const renewed = shared ? pending.promise : start(key, make, good);
    // A signer that is away costs nothing while the old token lives.
    return (await renewed.catch((error: unknown) => good ?? Promise.reject(error))).text;
  };
  return { get };
}
