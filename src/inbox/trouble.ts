/** Trouble for the next requests: what a server has to be able to live with. */
import { act } from './api.ts';
import { button, byId, el, section, viewHead } from './dom.ts';
import { tell, textField } from './fields.ts';
import { statusWords } from './format.ts';
import type { State } from './state.ts';
import type { FaultView } from './types.ts';

interface Trouble {
  readonly label: string;
  readonly what: string;
  readonly fault: object;
}

const TROUBLES: readonly Trouble[] = [
  {
    label: '429',
    what: 'Too many requests, come again in 30 seconds',
    fault: { status: 429, retryAfter: 30 },
  },
  {
    label: '503',
    what: 'Unavailable, come again in 5 seconds',
    fault: { status: 503, retryAfter: 5 },
  },
  { label: '410', what: 'The subscription is gone', fault: { status: 410 } },
  { label: '413', what: 'The message is too large', fault: { status: 413 } },
  { label: 'Stall', what: 'No answer for a minute', fault: { delay: 60_000 } },
  { label: 'Reset', what: 'The connection breaks, nothing was taken', fault: { reset: 'before' } },
  {
    label: 'Late reset',
    what: 'The connection breaks after the push was taken',
    fault: { reset: 'after' },
  },
];

function describe({ status, reset, delay, times }: FaultView): string {
  const what =
    status !== null
      ? `answered with ${statusWords(status)}`
      : reset === 'before'
        ? 'reset before it is read'
        : reset === 'after'
          ? 'reset after it took effect'
          : `stalled for ${delay / 1000} seconds`;
  return `${times === 1 ? 'The next request is' : `The next ${times} requests are`} ${what}`;
}

export interface TroubleView {
  readonly nodes: readonly Node[];
  readonly update: () => void;
}

/** Beside the link to this view, wherever one is. */
export function showPlanned({ faults }: State): void {
  const planned = byId('planned');
  const times = faults.reduce((sum, fault) => sum + fault.times, 0);
  planned.hidden = times === 0;
  planned.textContent = times === 0 ? '' : String(times);
  planned.setAttribute('aria-label', `, planned for ${times} requests`);
}

function planForm(status: HTMLElement): HTMLElement {
  const times = textField('How many requests', { inputmode: 'numeric', value: '1' });
  const order = (fault: object): void => {
    const many = Number(times.field.value);
    if (!Number.isInteger(many) || many < 1)
      return tell(status, 'How many requests must be a whole number, 1 or more');
    void act('fail', { ...fault, times: many }).then((why) => tell(status, why));
  };
  const rows = TROUBLES.map(({ label, what, fault }) =>
    el(
      'li',
      'trouble',
      button(label, () => order(fault)),
      el('span', {}, what),
    ),
  );
  return el('div', {}, times.label, el('ul', 'troubles', ...rows), status);
}

const ABOUT =
  'What a server meets sooner or later. Subscriptions expire, or change their key, by the buttons '
  + 'beside each of them.';

export function createTroubleView(state: State): TroubleView {
  const status = el('p', { class: 'told', attributes: { role: 'status' } });
  const planned = el('ul', 'planned');
  const none = el('p', 'muted', 'Nothing is planned: requests are answered as they deserve.');
  const cancel = button('Cancel all', () => void act('calm', {}).then((why) => tell(status, why)));
  const update = (): void => {
    planned.replaceChildren(...state.faults.map((fault) => el('li', {}, describe(fault))));
    none.hidden = state.faults.length > 0;
    cancel.hidden = state.faults.length === 0;
  };
  update();
  return {
    nodes: [
      viewHead('Trouble', el('p', 'muted', ABOUT)),
      section('The next requests', planForm(status)),
      section('Planned', none, planned, cancel),
    ],
    update,
  };
}
