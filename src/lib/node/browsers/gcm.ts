/** Chromium's side of a push service: check-in and registration over HTTP, pushes over MCS. */
import type { Bytes, Now } from '../../../types.ts';
import { decodeBase64 } from '../../base64url.ts';
import { concat, zeros } from '../../bytes.ts';
import { isPoint } from '../../p256.ts';
import { type BrowserSubscription, generateToken, type Hub } from './hub.ts';
import { createMcsSession, type Login, McsError, type McsSession } from './mcs.ts';
import { createOutbox, type Outbox } from './outbox.ts';
import * as p from './protobuf.ts';

/** One end of a TLS connection. */
export interface McsPeer {
  readonly write: (bytes: Bytes) => void;
  readonly close: () => void;
}

export interface GcmSession {
  readonly onData: (chunk: Uint8Array) => void;
  readonly onClose: () => void;
  /** Whether it has logged in. */
  readonly greeted: () => boolean;
}

/** A status and a body. */
export type Answer = readonly [status: number, body: Bytes | string];

export interface Gcm {
  /** POST of an AndroidCheckinRequest. */
  readonly checkIn: (body: Bytes) => Answer;
  /** POST of a form; `authorization` as the request has it. */
  readonly register: (authorization: string, form: URLSearchParams) => Answer;
  readonly connect: (peer: McsPeer) => GcmSession;
  /** While held, browsers count as away, though they stay connected. */
  readonly hold: (held: boolean) => void;
}

/** Pushes in flight: Chromium keeps their order. */
const WINDOW = 64;
/** Profiles, and registrations of one, that are remembered. */
const MAX_DEVICES = 256;
const MAX_APPS = 1000;

interface App {
  readonly app: string;
  readonly subtype: string;
  readonly sender: string;
  readonly token: string;
  /** None for what is no web page: Chromium registers for itself too. */
  readonly subscription: BrowserSubscription | undefined;
}

/** One browser profile. */
interface Device {
  readonly id: string;
  readonly secret: string;
  /** By their tokens. */
  readonly apps: Map<string, App>;
  readonly outbox: Outbox;
  peer: McsPeer | undefined;
}

type Devices = Map<string, Device>;

/** 63 random bits that are not zero: Chromium takes zero for no check-in. */
function generateId(): bigint {
  const bytes = crypto.getRandomValues(zeros(8));
  return (new DataView(bytes.buffer).getBigUint64(0) >> 1n) | 1n;
}

function unsubscribeAll(device: Device): void {
  for (const { subscription } of device.apps.values()) subscription?.unsubscribe();
}

/** The device of these numbers; one that an earlier run of this service knew is taken on. */
function admit(devices: Devices, hub: Hub, id: string, secret: string): Device | undefined {
  const known = devices.get(id);
  if (known) return known.secret === secret ? known : undefined;
  const number = /^[1-9]\d{0,19}$/;
  if (!number.test(id) || !number.test(secret)) return undefined;
  if (devices.size >= MAX_DEVICES) {
    const gone = [...devices.values()].find(({ peer }) => !peer);
    if (!gone) return undefined;
    unsubscribeAll(gone);
    devices.delete(gone.id);
  }
  const outbox = createOutbox(hub.isAlive, WINDOW);
  const device = { id, secret, apps: new Map(), outbox, peer: undefined };
  devices.set(id, device);
  return device;
}

/** AndroidCheckinRequest: 2 id, 13 security_token, both 0 at first; the answer gives them. */
function checkIn(devices: Devices, hub: Hub, now: Now, body: Bytes): Answer {
  const fields = p.decodeFields(body);
  if (!fields) return [400, 'The request is malformed'];
  const id = p.numberOf(fields, 2) || generateId();
  const secret = p.numberOf(fields, 13) || generateId();
  if (!admit(devices, hub, String(id), String(secret))) return [401, 'The token is another'];
  return [200, concat([
    p.varintField(1, 1), p.varintField(3, now()), p.fixed64Field(7, id), p.fixed64Field(8, secret),
  ])];
}

/** What an `Authorization: AidLogin <id>:<token>` proves. */
function authorize(devices: Devices, hub: Hub, authorization: string): Device | undefined {
  const [, id = '', secret = ''] = /^AidLogin (\d+):(\d+)$/.exec(authorization) ?? [];
  return admit(devices, hub, id, secret);
}

/** Forgets what a form with `delete=true` names; the subtype holds an id of the subscription. */
function deregister(device: Device, form: URLSearchParams): Answer {
  const subtype = form.get('X-subtype') ?? '';
  for (const app of device.apps.values()) {
    if (app.subtype !== subtype) continue;
    app.subscription?.unsubscribe();
    device.apps.delete(app.token);
  }
  return [200, `deleted=${form.get('app') ?? ''}`];
}

/** Pages' subtypes begin with `wp:`. `sender` is the page's applicationServerKey. */
function createApp(device: Device, hub: Hub, form: URLSearchParams): App | undefined {
  const [subtype, sender] = [form.get('X-subtype') ?? '', form.get('sender') ?? ''];
  const base = { app: form.get('app') ?? '', subtype, sender, token: generateToken() };
  if (!subtype.startsWith('wp:')) return { ...base, subscription: undefined };
  const point = decodeBase64(sender);
  if (!point || !isPoint(point)) return undefined;
  const subscription = hub.subscribe({
    browser: 'chromium',
    token: base.token,
    applicationServerKey: point,
    deliver: (push) => device.outbox.post({ ...push, channel: base.token }),
    forget: device.outbox.forget,
    close: () => device.outbox.drop(base.token),
  });
  return { ...base, subscription };
}

function register(device: Device, hub: Hub, form: URLSearchParams): Answer {
  const same = [...device.apps.values()].find(({ app, subtype, sender }) =>
    app === form.get('app') && sender === form.get('sender')
    && subtype === (form.get('X-subtype') ?? ''));
  if (same) return [200, `token=${same.token}`];
  if (device.apps.size >= MAX_APPS) return [200, 'Error=TOO_MANY_REGISTRATIONS'];
  const app = createApp(device, hub, form);
  if (!app) return [200, 'Error=INVALID_SENDER'];
  device.apps.set(app.token, app);
  return [200, `token=${app.token}`];
}

/** Starts the protocol. It knows nothing of sockets: the caller hands over bytes and takes them. */
export function createGcm(hub: Hub, now: Now): Gcm {
  const devices: Devices = new Map();
  return {
    hold: (held) => devices.forEach(({ outbox }) => outbox.hold(held)),
    checkIn: (body) => checkIn(devices, hub, now, body),
    register: (authorization, form) => {
      const device = authorize(devices, hub, authorization);
      if (!device) return [401, 'Error=AUTHENTICATION_FAILED'];
      return form.get('delete') ? deregister(device, form) : register(device, hub, form);
    },
    connect: (peer) => createSession(devices, hub, now, peer),
  };
}

/** A device has one connection: the last. */
function replacePeer(device: Device, peer: McsPeer): void {
  const before = device.peer;
  device.peer = peer;
  before?.close();
  device.outbox.disconnect();
}

/** What waits for a device, and what comes, goes to its connection. */
function deliver({ apps, outbox }: Device, session: McsSession): void {
  outbox.connect((push) => {
    const app = apps.get(push.channel);
    if (app) session.push({ ...push, ...app });
  });
}

function leave(device: Device): void {
  device.peer = undefined;
  device.outbox.disconnect();
}

function createSession(devices: Devices, hub: Hub, now: Now, peer: McsPeer): GcmSession {
  let device: Device | undefined;

  const acknowledge = (id: string): void => {
    if (device?.outbox.acknowledge(id)) {
      hub.acknowledged({ id, browser: 'chromium', code: undefined });
    }
  };
  const login = ({ user, token, received }: Login): (() => void) => {
    const who = admit(devices, hub, user, token);
    if (!who) throw new McsError('The login is refused');
    device = who;
    replacePeer(who, peer);
    received.forEach(acknowledge);
    return () => {
      deliver(who, session);
      hub.connected('chromium');
    };
  };
  const session = createMcsSession({ write: peer.write, login, acknowledge }, now);

  return {
    onData: (chunk) => {
      if (device && device.peer !== peer) return;
      try {
        session.feed(chunk);
      } catch {
        peer.close();
      }
    },
    onClose: () => {
      if (!device) return;
      hub.disconnected('chromium');
      if (device.peer === peer) leave(device);
    },
    greeted: () => device !== undefined,
  };
}
