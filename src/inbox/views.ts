/** Which view is beside the list: it stands in the address, so that Back works. */
import { fetchDetail } from './api.ts';
import { renderDetail } from './detail.ts';
import { byId, el } from './dom.ts';
import { createSendView } from './send.ts';
import type { State } from './state.ts';
import { createSubscriptionsView } from './subscriptions.ts';
import { createTroubleView } from './trouble.ts';
import type { Detail } from './types.ts';

interface View {
  readonly nodes: readonly Node[];
  readonly update: () => void;
}

export interface Views {
  /** Shows what the address says. Answers the push that it names. */
  readonly show: () => number | undefined;
  /** Subscriptions or planned trouble have changed. */
  readonly update: () => void;
  /** Something of the push in sight has changed. */
  readonly refresh: () => void;
}

const MAKERS: Readonly<Record<string, (state: State) => View>> = {
  subscriptions: createSubscriptionsView,
  send: createSendView,
  trouble: createTroubleView,
};

/** Octets in a line of a body, by the width there is. */
function columnsOf(view: HTMLElement): number {
  return view.clientWidth < 560 ? 8 : 16;
}

export function pushOf(hash: string): number | undefined {
  const id = /^#\/push\/(\d{1,15})$/.exec(hash)?.[1];
  return id === undefined ? undefined : Number(id);
}

/** Says of the tools' links which one is the view. */
function markTools(name: string): void {
  for (const link of document.querySelectorAll('.top nav a')) {
    if (link.getAttribute('href') === `#/${name}`) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  }
}

function back(): HTMLElement {
  return el('a', { class: 'back', attributes: { href: '#/' } }, '← All pushes');
}

function gone(): Node {
  return el('p', 'muted', 'This push is no longer kept.');
}

/** On a narrow window what was opened takes the place of the list, so that is where to read on. */
function moveFocus(view: HTMLElement): void {
  if (matchMedia('(max-width: 800px)').matches) view.querySelector('h2')?.focus();
}

/** What is in sight. */
interface Sight {
  readonly state: State;
  readonly view: HTMLElement;
  /** Views are made once: what was typed into a form stays. */
  readonly made: Map<string, View>;
  current: View | undefined;
  /** Details that were asked for: only the last one counts. */
  asked: number;
}

function put({ view }: Sight, nodes: readonly Node[]): void {
  view.replaceChildren(back(), ...nodes);
  view.scrollTop = 0;
}

async function showPush(sight: Sight, id: number, again: boolean): Promise<void> {
  const ticket = ++sight.asked;
  const detail: Detail | undefined = await fetchDetail(id).catch(() => undefined);
  // Another one was chosen meanwhile.
  if (ticket !== sight.asked) return;
  const { view } = sight;
  const { scrollTop } = view;
  put(sight, detail ? renderDetail(detail, columnsOf(view)) : [gone()]);
  if (again) view.scrollTop = scrollTop;
  else moveFocus(view);
}

function showTool(sight: Sight, name: string): void {
  const { made, state } = sight;
  sight.asked++;
  const maker = MAKERS[name] ?? createSubscriptionsView;
  const current = made.get(name) ?? maker(state);
  made.set(name, current);
  sight.current = current;
  current.update();
  put(sight, current.nodes);
}

export function createViews(state: State): Views {
  const view = byId('view');
  const sight: Sight = { state, view, made: new Map(), current: undefined, asked: 0 };
  return {
    show: () => {
      const id = pushOf(location.hash);
      const name = location.hash.replace(/^#\//, '');
      const isTool = Object.hasOwn(MAKERS, name);
      document.body.dataset['open'] = String(id !== undefined || isTool);
      markTools(isTool ? name : '');
      sight.current = undefined;
      if (id !== undefined) void showPush(sight, id, false);
      else showTool(sight, isTool ? name : 'subscriptions');
      if (isTool) moveFocus(view);
      return id;
    },
    update: () => sight.current?.update(),
    refresh: () => {
      const id = pushOf(location.hash);
      if (id !== undefined) void showPush(sight, id, true);
    },
  };
}
