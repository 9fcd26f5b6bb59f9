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
  subscriptions: createSubscriptionsView, send: createSendView, trouble: createTroubleView,
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

const BACK = (): HTMLElement =>
  el('a', { class: 'back', attributes: { href: '#/' } }, '← All pushes');

function gone(): Node {
  return el('p', 'muted', 'This push is no longer kept.');
}

/** On a narrow window what was opened takes the place of the list, so that is where to read on. */
function moveFocus(view: HTMLElement): void {
  if (matchMedia('(max-width: 800px)').matches) view.querySelector('h2')?.focus();
}

export function createViews(state: State): Views {
  const view = byId('view');
  const made = new Map<string, View>();
  let current: View | undefined;
  let asked = 0;

  const put = (nodes: readonly Node[]): void => {
    view.replaceChildren(BACK(), ...nodes);
    view.scrollTop = 0;
  };
  const showPush = async (id: number, again: boolean): Promise<void> => {
    const ticket = ++asked;
    const detail: Detail | undefined = await fetchDetail(id).catch(() => undefined);
    // Another one was chosen meanwhile.
    if (ticket !== asked) return;
    const { scrollTop } = view;
    put(detail ? renderDetail(detail, columnsOf(view)) : [gone()]);
    if (again) view.scrollTop = scrollTop;
    else moveFocus(view);
  };
  const showTool = (name: string): void => {
    asked++;
    const maker = MAKERS[name] ?? createSubscriptionsView;
    current = made.get(name) ?? maker(state);
    made.set(name, current);
    current.update();
    put(current.nodes);
  };
  return {
    show: () => {
      const id = pushOf(location.hash);
      const name = location.hash.replace(/^#\//, '');
      const isTool = Object.hasOwn(MAKERS, name);
      document.body.dataset['open'] = String(id !== undefined || isTool);
      markTools(isTool ? name : '');
      current = undefined;
      if (id !== undefined) void showPush(id, false);
      else showTool(isTool ? name : 'subscriptions');
      if (isTool) moveFocus(view);
      return id;
    },
    update: () => current?.update(),
    refresh: () => {
      const id = pushOf(location.hash);
      if (id !== undefined) void showPush(id, true);
    },
  };
}
