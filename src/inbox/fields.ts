/** Fields of forms, each with its label. */
import { el } from './dom.ts';

export interface Field<T extends HTMLElement> {
  readonly label: HTMLLabelElement;
  readonly field: T;
}

function labelled<T extends HTMLElement>(text: string, field: T): Field<T> {
  return { label: el('label', 'field', el('span', 'field-name', text), field), field };
}

export function textField(
  text: string,
  attributes: Readonly<Record<string, string>> = {},
): Field<HTMLInputElement> {
  const plain = { type: 'text', autocomplete: 'off', spellcheck: 'false' };
  return labelled(text, el('input', { attributes: { ...plain, ...attributes } }));
}

export function textArea(text: string, value: string): Field<HTMLTextAreaElement> {
  const field = el('textarea', { attributes: { rows: '5', spellcheck: 'false' } });
  field.value = value;
  return labelled(text, field);
}

export function select(
  text: string,
  options: readonly (readonly [value: string, label: string])[],
): Field<HTMLSelectElement> {
  return labelled(
    text,
    el(
      'select',
      {},
      ...options.map(([value, label]) => el('option', { attributes: { value } }, label)),
    ),
  );
}

/** Says in a status line what went wrong, or what went well. */
export function tell(status: HTMLElement, wrong: string | undefined, right: string = ''): void {
  status.textContent = wrong ?? right;
  status.classList.toggle('is-wrong', wrong !== undefined);
}
