/** Keys: j, k and arrows choose, / filters, Escape goes back. */
import { byId } from './dom.ts';
import type { List } from './list.ts';

export interface Keys {
  readonly list: List;
  /** Back to the list. */
  readonly leave: () => void;
  readonly filter: HTMLInputElement;
}

/** Where keys are text, or have a meaning of their own. */
function isField(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement
    && target.closest('input, textarea, select, button, a, summary, [tabindex="0"]:not(.list)')
      !== null
  );
}

const STEPS: Readonly<Record<string, number>> = {
  j: 1,
  k: -1,
  ArrowDown: 1,
  ArrowUp: -1,
  PageDown: 10,
  PageUp: -10,
  Home: -Infinity,
  End: Infinity,
};

/** Arrows and their like scroll what is in focus, unless that is the list. */
function isForList(key: string): boolean {
  return (
    key === 'j'
    || key === 'k'
    || document.activeElement === byId('list')
    || document.activeElement === document.body
  );
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest('input, textarea, select') !== null;
}

function onEscape({ filter, leave, list }: Keys): void {
  if (document.activeElement !== filter) return leave();
  if (filter.value === '') return list.focus();
  filter.value = '';
  filter.dispatchEvent(new Event('input'));
}

export function listenForKeys(keys: Keys): void {
  const { list, filter } = keys;
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const { key, target } = event;
    const steps = STEPS[key];
    if (key === 'Escape') onEscape(keys);
    else if (key === 'ArrowDown' && target === filter) list.move(1);
    else if (isTyping(target)) return;
    else if (key === '/') filter.focus();
    else if (steps !== undefined && isForList(key) && (key.length === 1 || !isField(target)))
      list.move(steps);
    else return;
    event.preventDefault();
  });
}
