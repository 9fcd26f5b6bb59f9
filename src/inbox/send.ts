/** Sending a push from the page: here the library runs in the browser. */
import * as aesgcm from '../aesgcm.ts';
import * as aesgcm128 from '../aesgcm128.ts';
import { createRequest, createVapid, encrypt } from '../index.ts';
import type { Encrypt, Urgency } from '../index.ts';
import { buildNotification } from '../notification.ts';
import { el, viewHead } from './dom.ts';
import { select, tell, textArea, textField } from './fields.ts';
import type { Field } from './fields.ts';
import { statusWords } from './format.ts';
import type { State } from './state.ts';
import type { About, SubscriptionView } from './types.ts';

const CODINGS: Readonly<Record<string, Encrypt>> = {
  aes128gcm: encrypt,
  aesgcm: aesgcm.encrypt,
  aesgcm128: aesgcm128.encrypt,
};
const URGENCIES: readonly Urgency[] = ['very-low', 'low', 'normal', 'high'];

/** What each kind of payload begins with. */
const SAMPLES: Readonly<Record<string, string>> = {
  text: 'Grüße',
  notification: buildNotification({
    title: 'Ada wrote',
    body: 'See you at noon?',
    navigate: 'https://chat.example/ada',
    actions: [{ action: 'reply', title: 'Reply', navigate: 'https://chat.example/ada/reply' }],
  }),
  none: '',
};

/** What is to be sent. */
interface Order {
  readonly payload: string | null;
  readonly ttl: number;
  readonly urgency: Urgency;
  readonly topic: string | undefined;
  readonly padTo: number | undefined;
  readonly coding: string;
  readonly signed: boolean;
}

/** The same endpoint at this page's own origin: the page may call nobody else, and both are one. */
function reachable({ endpoint, p256dh, auth }: SubscriptionView): {
  readonly endpoint: string;
  readonly keys: { readonly p256dh: string; readonly auth: string };
} {
  const { pathname, search } = new URL(endpoint);
  return { endpoint: location.origin + pathname + search, keys: { p256dh, auth } };
}

async function post(subscription: SubscriptionView, order: Order, about: About): Promise<string> {
  const { payload, ttl, urgency, topic, padTo, coding, signed } = order;
  const subject = 'mailto:you@example.com';
  const request = await createRequest(reachable(subscription), payload, {
    vapid: signed ? createVapid({ subject, keys: about.keys }) : null,
    encrypt: CODINGS[coding],
    ttl,
    urgency,
    topic,
    padTo,
    endpoints: 'any',
  });
  const start = performance.now();
  const { status } = await fetch(request.url, request);
  return `${statusWords(status)}, after ${Math.round(performance.now() - start)} ms`;
}

interface Fields {
  readonly target: Field<HTMLSelectElement>;
  readonly kind: Field<HTMLSelectElement>;
  readonly payload: Field<HTMLTextAreaElement>;
  readonly coding: Field<HTMLSelectElement>;
  readonly ttl: Field<HTMLInputElement>;
  readonly urgency: Field<HTMLSelectElement>;
  readonly topic: Field<HTMLInputElement>;
  readonly padding: Field<HTMLInputElement>;
  readonly signed: Field<HTMLSelectElement>;
}

function createFields(): Fields {
  const fields = {
    target: select('To', []),
    kind: select('Payload', [
      ['text', 'Text or JSON'],
      ['notification', 'Declarative notification'],
      ['none', 'None'],
    ]),
    payload: textArea('Content', SAMPLES['text'] ?? ''),
    coding: select(
      'Coding',
      Object.keys(CODINGS).map((name) => [name, name]),
    ),
    ttl: textField('TTL, seconds', { inputmode: 'numeric', value: '60' }),
    urgency: select(
      'Urgency',
      URGENCIES.map((name) => [name, name]),
    ),
    topic: textField('Topic', { placeholder: 'none' }),
    padding: textField('Pad to, bytes', { inputmode: 'numeric', placeholder: 'no padding' }),
    signed: select('Token', [
      ['yes', "signed with this page's key"],
      ['no', 'none'],
    ]),
  };
  fields.urgency.field.value = 'normal';
  fields.kind.field.addEventListener('change', () => {
    const kind = fields.kind.field.value;
    fields.payload.field.value = SAMPLES[kind] ?? '';
    fields.payload.field.disabled = kind === 'none';
  });
  return fields;
}

function numberOf({ value }: HTMLInputElement): number | undefined {
  return value.trim() === '' ? undefined : Number(value);
}

function readOrder(fields: Fields): Order {
  const { kind, payload, ttl, urgency, topic, padding, coding, signed } = fields;
  return {
    payload: kind.field.value === 'none' ? null : payload.field.value,
    ttl: numberOf(ttl.field) ?? 0,
    urgency: URGENCIES.find((name) => name === urgency.field.value) ?? 'normal',
    topic: topic.field.value.trim() || undefined,
    padTo: numberOf(padding.field),
    coding: coding.field.value,
    signed: signed.field.value === 'yes',
  };
}

export interface SendView {
  readonly nodes: readonly Node[];
  readonly update: () => void;
}

/** The subscriptions to choose from; the chosen one stays chosen. */
function fillTargets(target: HTMLSelectElement, subscriptions: readonly SubscriptionView[]): void {
  const wanted = subscriptions.map(
    ({ id, name, ended }) => `${id}:${ended ? `${name} (ended)` : name}`,
  );
  if (target.dataset['filled'] === wanted.join('\n')) return;
  target.dataset['filled'] = wanted.join('\n');
  const { value } = target;
  target.replaceChildren(
    ...subscriptions.map(({ id, name, ended }) =>
      el('option', { attributes: { value: String(id) } }, ended ? `${name} (ended)` : name),
    ),
  );
  if (subscriptions.some(({ id }) => String(id) === value)) target.value = value;
}

function createForm(fields: Fields, end: HTMLElement): HTMLFormElement {
  const { target, kind, payload, coding, signed, ttl, urgency, topic, padding } = fields;
  const details = [coding, signed, ttl, urgency, topic, padding].map(({ label }) => label);
  return el(
    'form',
    'form',
    el('div', 'form-pair', target.label, kind.label),
    payload.label,
    el('div', 'form-grid', ...details),
    end,
  );
}

export function createSendView(state: State): SendView {
  const fields = createFields();
  const { field: target } = fields.target;
  const status = el('p', { class: 'told', attributes: { role: 'status' } });
  const submit = el('button', { class: 'primary', attributes: { type: 'submit' } }, 'Send');
  const form = createForm(fields, el('div', 'form-end', submit, status));
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const subscription = state.subscriptions.find(({ id }) => String(id) === target.value);
    if (!subscription || !state.about) return tell(status, 'Create a subscription first');
    submit.disabled = true;
    tell(status, undefined, 'Sending');
    post(subscription, readOrder(fields), state.about)
      .then((text) => tell(status, undefined, text))
      .catch((error: unknown) =>
        tell(status, error instanceof Error ? error.message : 'This failed'),
      )
      .finally(() => (submit.disabled = false));
  });
  const update = (): void => fillTargets(target, state.subscriptions);
  update();
  const about = el('p', 'muted', 'Encrypted and signed by the library, in this browser.');
  return { nodes: [viewHead('Send a push', about), form], update };
}
