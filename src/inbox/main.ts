/** The page: its parts, put together. */
import { act, listen } from './api.ts';
import { byId, el } from './dom.ts';
import { count } from './format.ts';
import { listenForKeys } from './keyboard.ts';
import { createList } from './list.ts';
import { apply, createState, indexOf, setFilter } from './state.ts';
import type { Change, State } from './state.ts';
import { showPlanned } from './trouble.ts';
import type { LiveEvent } from './types.ts';
import { createViews, pushOf } from './views.ts';

const state: State = createState();
const open = (id: number): void => {
  // A walk along the list leaves one step to go back, not one for each push.
  if (pushOf(location.hash) === undefined) location.hash = `#/push/${id}`;
  else {
    history.replaceState(null, '', `#/push/${id}`);
    show();
  }
};
const list = createList(state, open);
const views = createViews(state);
const filter = el('input');
const found = byId('filter');
const field: HTMLInputElement = found instanceof HTMLInputElement ? found : filter;

function show(): void {
  list.select(views.show());
}

/** How many there are, and what to do when there are none. */
function tellCount(): void {
  const { records, shown, about } = state;
  const all = `${count(records.length)} ${records.length === 1 ? 'push' : 'pushes'}`;
  const full = about && records.length >= about.keep ? ', the last ones' : '';
  byId('count').textContent =
    shown.length === records.length ? all + full : `${count(shown.length)} of ${all}`;
  const empty = byId('empty');
  empty.hidden = shown.length > 0;
  if (shown.length === 0) {
    const text = records.length > 0 ? 'No push matches the filter.' : 'No push has come yet.';
    if (empty.firstChild?.textContent === text) return;
    const help =
      records.length > 0
        ? null
        : el(
            'p',
            {},
            'Give your server one of the ',
            el('a', { attributes: { href: '#/subscriptions' } }, 'subscriptions'),
            ', or ',
            el('a', { attributes: { href: '#/send' } }, 'send one from here'),
            '.',
          );
    empty.replaceChildren(el('p', {}, text), ...(help ? [help] : []));
  }
}

const pending = { frame: 0 };
/** Once a frame, however much comes. */
function schedule(): void {
  pending.frame ||= requestAnimationFrame(() => {
    pending.frame = 0;
    tellCount();
  });
}

function react({ list: listed, added, side, about }: Change): void {
  if (listed) {
    list.update(added ?? 0);
    schedule();
  }
  if (side) showPlanned(state);
  if (side || about) views.update();
}

function onEvent(event: LiveEvent): void {
  const shown = pushOf(location.hash);
  react(apply(state, event));
  if (
    event.type === 'clear'
    || (event.type === 'states' && event.states.some(([id]) => id === shown))
  ) {
    views.refresh();
  }
  if (event.type === 'hello') {
    const { service } = event.about;
    document.title = service === 'rfc8030' ? 'Push inbox' : `Push inbox (${service})`;
  }
}

function onConnection(connected: boolean): void {
  const told = byId('connection');
  told.textContent = connected ? 'live' : 'not connected';
  told.dataset['connected'] = String(connected);
}

field.addEventListener('input', () => {
  react(setFilter(state, field.value));
  byId('list').scrollTop = 0;
});
byId('clear').addEventListener('click', () => void act('clear', {}));
addEventListener('hashchange', show);
listenForKeys({
  list,
  filter: field,
  leave: () => {
    const id = pushOf(location.hash);
    if (location.hash !== '' && location.hash !== '#/') location.hash = '#/';
    if (id === undefined || indexOf(state.shown, id) >= 0) list.focus();
  },
});
listen(onEvent, onConnection);
show();
tellCount();
