/** Subscriptions: making them, handing them to servers, and giving them trouble. */
import { createVapid } from '../vapid.ts';
import { act } from './api.ts';
import { button, copyButton, el, section, viewHead } from './dom.ts';
import { select, textField, tell } from './fields.ts';
import { count } from './format.ts';
import { toCurl, toJson, toLibrary, toWebPush } from './snippets.ts';
import type { State } from './state.ts';
import type { About, SubscriptionView } from './types.ts';

/** A token for it, where one is wanted. */
async function authorizationOf(
  subscription: SubscriptionView,
  about: About,
): Promise<string | undefined> {
  if (about.vapid !== 'required' && subscription.key === null) return undefined;
  const vapid = createVapid({ subject: 'mailto:you@example.com', keys: about.keys });
  return vapid.authorize(subscription.endpoint);
}

type Snippet = readonly [label: string, text: () => string | Promise<string>];

function snippets(subscription: SubscriptionView, about: About): readonly Snippet[] {
  return [
    ['JSON', () => toJson(subscription)],
    ['curl', async () => toCurl(subscription, about, await authorizationOf(subscription, about))],
    ['subtle-push', () => toLibrary(subscription, about)],
    ['web-push', () => toWebPush(subscription, about)],
  ];
}

/** One of the texts at a time, with a button that copies it. */
function snippetBox(subscription: SubscriptionView, about: About): HTMLElement {
  const all = snippets(subscription, about);
  const code = el('pre', { class: 'code', attributes: { tabindex: '0', 'aria-label': 'Code' } });
  let text = '';
  const tabs = all.map(([label, make]) => button(label, () => void show(label, make), 'tab'));
  const show = async (label: string, make: Snippet[1]): Promise<void> => {
    for (const tab of tabs) tab.setAttribute('aria-pressed', String(tab.textContent === label));
    text = await make();
    code.textContent = text;
  };
  const [first] = all;
  if (first) void show(...first);
  return el(
    'div',
    'snippets',
    el(
      'div',
      'snippet-bar',
      el('div', { class: 'tabs', attributes: { role: 'group', 'aria-label': 'As' } }, ...tabs),
      copyButton('Copy', () => text),
    ),
    code,
  );
}

function facts({ key, own, pushes, ended }: SubscriptionView): string {
  const restricted =
    key === null
      ? 'any server may push'
      : own
        ? "for this page's key alone"
        : `for the key ${key.slice(0, 12)}… alone`;
  return [
    ended ? 'has ended' : restricted,
    `${count(pushes)} ${pushes === 1 ? 'request' : 'requests'}`,
  ].join(' · ');
}

function card(subscription: SubscriptionView, about: About): HTMLElement {
  const { id, name, endpoint, ended } = subscription;
  const status = el('p', { class: 'told', attributes: { role: 'status' } });
  const change = (what: string): void => {
    void act('change', { id, change: what }).then((why) => tell(status, why));
  };
  const removal = button('Remove', () => change('remove'));
  const actions = ended
    ? [removal]
    : [
        button('Expire', () => change('expire')),
        button('Rotate key', () => change('rotate')),
        removal,
      ];
  return el(
    'article',
    { class: 'card', attributes: { 'data-subscription': String(id), 'aria-label': name } },
    el(
      'div',
      'card-head',
      el('h3', {}, name),
      el('p', 'card-facts muted', facts(subscription)),
      el('div', 'actions', ...actions),
    ),
    el('p', 'endpoint mono', endpoint),
    ended ? null : snippetBox(subscription, about),
    status,
  );
}

function createForm(): HTMLElement {
  const name = textField('Name', { placeholder: 'Browser' });
  const scheme = select('Endpoint', [
    ['https', 'https'],
    ['http', 'http'],
  ]);
  const key = textField('Only for the server with this public key', {
    placeholder: 'anyone, or a VAPID public key',
    list: 'known-keys',
  });
  const known = el(
    'datalist',
    { attributes: { id: 'known-keys' } },
    el('option', { attributes: { value: 'own' } }, "this page's own key"),
  );
  const status = el('p', { class: 'told', attributes: { role: 'status' } });
  const form = el(
    'form',
    'form-row',
    name.label,
    scheme.label,
    key.label,
    known,
    el('button', { class: 'primary', attributes: { type: 'submit' } }, 'Create'),
    status,
  );
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const input = {
      name: name.field.value,
      tls: scheme.field.value === 'https',
      key: key.field.value.trim(),
    };
    void act('subscribe', input).then((why) => {
      tell(status, why);
      if (why === undefined) name.field.value = '';
    });
  });
  return form;
}

export interface SubscriptionsView {
  readonly nodes: readonly Node[];
  readonly update: () => void;
}

interface Card {
  readonly node: HTMLElement;
  /** What it shows, but for its count. */
  readonly mark: string;
}

/** Puts a card in the place of another. Who was on one of its buttons is on the new one's. */
function replaceCard(old: HTMLElement, node: HTMLElement): void {
  const focused = old.contains(document.activeElement) ? document.activeElement : null;
  old.replaceWith(node);
  if (!focused) return;
  const buttons = [...node.querySelectorAll('button')];
  (buttons.find((one) => one.textContent === focused.textContent) ?? buttons[0])?.focus();
}

/** Newest first. A card is made once, and again only when something of it but its count changes. */
function updateCards(
  cards: HTMLElement,
  known: Map<number, Card>,
  { about, subscriptions }: State,
): void {
  if (!about) return;
  const present = new Set(subscriptions.map(({ id }) => id));
  for (const [id, { node }] of known) {
    if (present.has(id)) continue;
    node.remove();
    known.delete(id);
  }
  for (const subscription of subscriptions) {
    const mark = JSON.stringify({ ...subscription, pushes: 0 });
    const before = known.get(subscription.id);
    const line = before?.node.querySelector('.card-facts');
    if (before?.mark === mark && line) {
      line.textContent = facts(subscription);
      continue;
    }
    const node = card(subscription, about);
    if (before) replaceCard(before.node, node);
    else cards.prepend(node);
    known.set(subscription.id, { node, mark });
  }
}

export function createSubscriptionsView(state: State): SubscriptionsView {
  const cards = el('div', 'cards');
  const known = new Map<number, Card>();
  const update = (): void => updateCards(cards, known, state);
  update();
  const about = 'Give one to your server as if a browser had sent it, then push.';
  return {
    nodes: [
      viewHead('Subscriptions', el('p', 'muted', about)),
      section('Create a subscription', createForm()),
      cards,
    ],
    update,
  };
}
