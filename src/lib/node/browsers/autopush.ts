/** Firefox's side of a push service: the WebSocket protocol of Mozilla's autopush. */
import { decodeBase64, encodeBase64url } from '../../base64url.ts';
import { property } from '../../bytes.ts';
import { isPoint } from '../../p256.ts';
import { type BrowserSubscription, generateToken, type Hub } from './hub.ts';
import { createOutbox, type Outbox, type Outgoing } from './outbox.ts';

/** One end of a WebSocket. */
export interface Peer {
  readonly send: (text: string) => void;
  readonly close: (code: number) => void;
}

export interface AutopushSession {
  readonly onText: (text: string) => void;
  readonly onClose: () => void;
  /** Whether it has said hello. */
  readonly greeted: () => boolean;
}

export interface Autopush {
  readonly connect: (peer: Peer) => AutopushSession;
}

/** The subprotocol that Firefox offers. */
export const SUBPROTOCOL = 'push-notification';

/** RFC 6455 §7.4.1: a message that breaks the rules; another connection took over. */
const POLICY_VIOLATION = 1008;
const GOING_AWAY = 1001;
/**
 * Pushes in flight: Firefox decrypts several at once and fires their events as they get done, but
 * acknowledges each when its event has been fired. One at a time keeps their order.
 */
const WINDOW = 1;
/** Profiles, and subscriptions of one, that are remembered. */
const MAX_AGENTS = 256;
const MAX_CHANNELS = 1000;

/** The status of a reply: HTTP's. */
const OK = 200;
const BAD_REQUEST = 400;
const CONFLICT = 409;
const UNAVAILABLE = 503;

interface Channel {
  readonly key: string;
  readonly subscription: BrowserSubscription;
}

/** One browser profile. */
interface Agent {
  readonly uaid: string;
  readonly channels: Map<string, Channel>;
  readonly outbox: Outbox;
  peer: Peer | undefined;
}

type Reply = Readonly<Record<string, unknown>>;

function textOf(message: unknown, name: string): string {
  const value = property(message, name);
  return typeof value === 'string' ? value : '';
}

/** An object with no type is a ping; `undefined` is no message at all. */
function parse(text: string): unknown {
  try {
    const message: unknown = JSON.parse(text);
    return typeof message === 'object' && message && !Array.isArray(message) ? message : undefined;
  } catch {
    return undefined;
  }
}

/** A header value as autopush passes it on: Firefox takes no padding, which some senders put. */
function bare(value: string): string {
  return value.replaceAll('"', '').split(/([;,])/).map(withoutPadding).join('');
}

/** By hand: an expression for "=" at the end takes quadratic time on many of them. */
function withoutPadding(part: string): string {
  let end = part.trimEnd().length;
  while (part[end - 1] === '=') end--;
  return part.slice(0, end);
}

/** Its names of header fields. */
const FIELDS = {
  encoding: 'content-encoding', encryption: 'encryption', crypto_key: 'crypto-key',
} as const;

/** Without a body there are neither data nor headers. */
function notification({ id, channel, data, headers }: Outgoing): Reply {
  const base = { messageType: 'notification', channelID: channel, version: id };
  if (!data) return base;
  const found: Record<string, string> = {};
  for (const [short, name] of Object.entries(FIELDS)) {
    const value = headers[name];
    if (value !== undefined) found[short] = bare(value);
  }
  return { ...base, data: encodeBase64url(data), headers: found };
}

function register(agent: Agent, hub: Hub, message: unknown): Reply {
  const [channelID, key] = [textOf(message, 'channelID'), textOf(message, 'key')];
  const reply = (status: number, more: Reply = {}): Reply =>
    ({ messageType: 'register', channelID, status, ...more });
  const point = key ? decodeBase64(key) : undefined;
  if (!/^[0-9a-f-]{32,36}$/.test(channelID) || (key && !(point && isPoint(point)))) {
    return reply(BAD_REQUEST);
  }
  // Firefox may ask twice for the same channel: the second must not make another subscription.
  const known = agent.channels.get(channelID);
  if (known) {
    return known.key === key
      ? reply(OK, { pushEndpoint: known.subscription.endpoint })
      : reply(CONFLICT);
  }
  if (agent.channels.size >= MAX_CHANNELS) return reply(UNAVAILABLE);
  const subscription = hub.subscribe({
    browser: 'firefox',
    token: generateToken(),
    applicationServerKey: point,
    deliver: (push) => agent.outbox.post({ ...push, channel: channelID }),
    forget: agent.outbox.forget,
    close: () => agent.outbox.drop(channelID),
  });
  agent.channels.set(channelID, { key, subscription });
  return reply(OK, { pushEndpoint: subscription.endpoint });
}

function unregister(agent: Agent, message: unknown): Reply {
  const channelID = textOf(message, 'channelID');
  agent.channels.get(channelID)?.subscription.unsubscribe();
  agent.channels.delete(channelID);
  return { messageType: 'unregister', channelID, status: OK };
}

function acknowledge(agent: Agent, hub: Hub, version: string, code: unknown): void {
  if (!agent.outbox.acknowledge(version)) return;
  const told = typeof code === 'number' ? code : undefined;
  hub.acknowledged({ id: version, browser: 'firefox', code: told });
}

function acknowledgeAll(agent: Agent, hub: Hub, message: unknown): void {
  const updates = property(message, 'updates');
  if (!Array.isArray(updates)) return;
  for (const update of updates) {
    acknowledge(agent, hub, textOf(update, 'version'), property(update, 'code'));
  }
}

/** What a browser that has said hello wants. */
function handle(agent: Agent, hub: Hub, message: unknown): Reply | undefined {
  switch (textOf(message, 'messageType')) {
    case 'register': return register(agent, hub, message);
    case 'unregister': return unregister(agent, message);
    case 'ack': return void acknowledgeAll(agent, hub, message);
    case 'nack':
      return void acknowledge(agent, hub, textOf(message, 'version'), property(message, 'code'));
    case 'ping':
    case '': return {};
    // Broadcasts are about Firefox's own settings; there are none here.
    default: return undefined;
  }
}

/**
 * Makes the agent for a `hello`. A uaid that is not known gets another, whereupon Firefox drops the
 * subscriptions that belonged to it, which nobody here would deliver to; a known one is echoed.
 */
function greet(agents: Map<string, Agent>, hub: Hub, message: unknown): Agent | undefined {
  const known = agents.get(textOf(message, 'uaid'));
  if (known) return known;
  if (agents.size >= MAX_AGENTS) {
    const gone = [...agents.values()].find(({ peer }) => !peer);
    if (!gone) return undefined;
    for (const { subscription } of gone.channels.values()) subscription.unsubscribe();
    agents.delete(gone.uaid);
  }
  const uaid = generateToken().slice(0, 32);
  const outbox = createOutbox(hub.isAlive, WINDOW);
  const agent = { uaid, channels: new Map(), outbox, peer: undefined };
  agents.set(uaid, agent);
  return agent;
}

/** Starts the protocol. It knows nothing of sockets: the caller hands over texts and takes them. */
export function createAutopush(hub: Hub): Autopush {
  const agents = new Map<string, Agent>();
  return { connect: (peer) => createSession(agents, hub, peer) };
}

function createSession(agents: Map<string, Agent>, hub: Hub, peer: Peer): AutopushSession {
  let agent: Agent | undefined;
  const send = (reply: Reply): void => peer.send(JSON.stringify(reply));

  const hello = (message: unknown): void => {
    if (textOf(message, 'messageType') === 'hello') agent = greet(agents, hub, message);
    if (!agent) return peer.close(POLICY_VIOLATION);
    const { uaid, outbox } = agent;
    agent.peer?.close(GOING_AWAY);
    agent.peer = peer;
    outbox.disconnect();
    send({ messageType: 'hello', uaid, status: OK, use_webpush: true, broadcasts: {} });
    outbox.connect((push) => send(notification(push)));
    hub.connected('firefox');
  };
  return {
    onText: (text) => {
      const message = parse(text);
      if (!message) return peer.close(POLICY_VIOLATION);
      if (!agent) return hello(message);
      // Another connection of the same profile took over: what this one says is stale.
      if (agent.peer !== peer) return;
      const reply = handle(agent, hub, message);
      if (reply) send(reply);
    },
    onClose: () => {
      if (!agent) return;
      hub.disconnected('firefox');
      if (agent.peer !== peer) return;
      agent.peer = undefined;
      agent.outbox.disconnect();
    },
    greeted: () => agent !== undefined,
  };
}
