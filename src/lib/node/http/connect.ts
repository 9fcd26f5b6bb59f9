/**
 * A connection to an origin: the name is resolved once, every address checked, and the connection
 * made to an address that was checked, so that there is no second look-up that could answer
 * differently.
 */
import { promises as dns } from 'node:dns';
import { isIP, type Socket } from 'node:net';
import { PushError } from '../../../errors.ts';
import { property } from '../../bytes.ts';
import { whyNotAddress } from './addresses.ts';
import type { Proxy, ProxyFor } from './proxy.ts';
import { orAbort, race, tcp, tls } from './sockets.ts';
import { tunnel } from './tunnel.ts';

/** Where a connection goes. */
export interface Target {
  /** As errors name it. */
  readonly origin: string;
  readonly secure: boolean;
  /** Without brackets. */
  readonly hostname: string;
  readonly port: number;
}

/** All addresses of a name. */
export type Lookup = (hostname: string) => Promise<readonly { readonly address: string }[]>;

/** How connections are made. */
export interface Network {
  readonly lookup: Lookup;
  readonly addresses: 'public' | 'any';
  /** PEM of the only authorities to trust, instead of the runtime's own. */
  readonly ca: string | undefined;
  readonly proxyFor: ProxyFor;
}

/** One making of a connection: abort `signal` to give it up; `stage` says what it waits for. */
export interface Dial {
  readonly signal: AbortSignal;
  stage: string;
}

/** Milliseconds until the next address is tried beside the last one (RFC 8305 §5). */
const STAGGER = 250;
/** The same through a proxy, where a slow answer is no sign of a dead address. */
const STAGGER_PROXY = 2_000;
/** All addresses of a name are checked, but so many tried. */
const MAX_TRIED = 8;

/** getaddrinfo: the hosts file and the system's resolver, in its order. */
export const systemLookup: Lookup = (hostname) => dns.lookup(hostname, { all: true });

/**
 * A connection, over TLS if the target says so. Rejects with ERR_ADDRESS_REFUSED, ERR_NETWORK, or
 * the signal's reason.
 */
export async function connect(network: Network, target: Target, dial: Dial): Promise<Socket> {
  const { signal } = dial;
  try {
    dial.stage = 'name look-up';
    const addresses = inTurn(await resolve(network, target, signal));
    const proxy = network.proxyFor(target);
    dial.stage = proxy ? 'connection through the proxy' : 'connection';
    const socket = proxy
      ? await race(addresses, STAGGER_PROXY, signal,
        (address, given) => throughProxy(network, proxy, address, target.port, given))
      : await race(addresses, STAGGER, signal,
        (address, given) => tcp(address, target.port, given));
    if (!target.secure) return socket;
    dial.stage = 'TLS handshake';
    const options = { ...trust(network), ALPNProtocols: ['h2', 'http/1.1'] };
    return await tls(socket, target.hostname, options, signal);
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    throw error instanceof PushError ? error : unreachable(target, error);
  }
}

/** The error of a request whose connection was never made. */
export function unreachable({ origin }: Target, cause: unknown): PushError {
  const message = `Cannot reach ${origin}: ${why(cause)}`;
  return new PushError('ERR_NETWORK', message, { cause, origin, sent: 'no' });
}

/**
 * What happened: the system's code, with the cure for the common mistake, or a sentence of ours.
 */
export function why(error: unknown): string {
  if (error instanceof AggregateError) return [...new Set(error.errors.map(why))].join(', ');
  const code = property(error, 'code');
  if (typeof code !== 'string') return error instanceof Error ? error.message : 'unknown error';
  if (/SELF_SIGNED|UNABLE_TO_(GET|VERIFY)/.test(code)) {
    return `${code} (an authority of your own goes into the ca option)`;
  }
  return code === 'ERR_SSL_WRONG_VERSION_NUMBER' ? `${code} (is it an http: endpoint?)` : code;
}

function trust({ ca }: Network): { ca?: string } {
  return ca === undefined ? {} : { ca };
}

async function resolve(network: Network, target: Target, signal: AbortSignal): Promise<string[]> {
  const { hostname, origin } = target;
  const addresses = await addressesOf(network, hostname, signal);
  for (const address of network.addresses === 'any' ? [] : addresses) {
    const kind = whyNotAddress(address);
    if (kind) throw refused(hostname, kind, origin);
  }
  return addresses;
}

/** Literal addresses stand for themselves. */
async function addressesOf(
  network: Network, hostname: string, signal: AbortSignal,
): Promise<string[]> {
  if (isIP(hostname)) return [hostname];
  const found = await orAbort(network.lookup(hostname), signal);
  if (!found.length) throw new Error('its name has no address');
  return [...new Set(found.map(({ address }) => address))];
}

/** Without the address itself: what an inner name resolves to is nothing for a stranger's log. */
function refused(hostname: string, kind: string, origin: string): PushError {
  const what = isIP(hostname) ? `is ${kind} address` : `resolves to ${kind} address`;
  const message = `Refused to call ${hostname}: it ${what}, which a server must not be made to `
    + "call; for tests there is http2Fetch({ addresses: 'any' })";
  return new PushError('ERR_ADDRESS_REFUSED', message, { origin, sent: 'no' });
}

/** The families in turn, beginning with the first one's (RFC 8305 §4). */
function inTurn(addresses: readonly string[]): string[] {
  const family = isIP(addresses[0] ?? '');
  const same = addresses.filter((address) => isIP(address) === family);
  const other = addresses.filter((address) => isIP(address) !== family);
  const turns = same.flatMap((address, i) => [address, ...other.slice(i, i + 1)]);
  return [...turns, ...other.slice(same.length)].slice(0, MAX_TRIED);
}

/** The proxy is the operator's own: its address is not checked; what it is to connect to was. */
async function throughProxy(
  network: Network, proxy: Proxy, address: string, port: number, signal: AbortSignal,
): Promise<Socket> {
  let socket: Socket;
  try {
    const addresses = inTurn(await addressesOf(network, proxy.hostname, signal));
    socket = await race(addresses, STAGGER, signal, (own, given) => tcp(own, proxy.port, given));
    if (proxy.secure) socket = await tls(socket, proxy.hostname, trust(network), signal);
  } catch (cause) {
    throw new Error(`its proxy: ${why(cause)}`, { cause });
  }
  return tunnel(socket, address, port, proxy.authorization, signal);
}
