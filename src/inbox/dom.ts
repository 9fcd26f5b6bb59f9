/**
 * Elements, made of strings that stay text. Nothing here, or anywhere on the page, reads markup:
 * what a push says can only ever be shown.
 */
export type Child = Node | string | null | undefined | false;

export interface Props {
  readonly class?: string | undefined;
  /** Attributes, none of which runs a script or holds a style. */
  readonly attributes?: Readonly<Record<string, string>> | undefined;
  readonly onClick?: (() => void) | undefined;
}

export function el<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  props: Props | string = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  const {
    class: name,
    attributes = {},
    onClick,
  } = typeof props === 'string' ? { class: props } : props;
  if (name) element.className = name;
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (onClick) element.addEventListener('click', onClick);
  element.append(
    ...children.filter((child) => child !== null && child !== undefined && child !== false),
  );
  return element;
}

/** An element of the page's own file. */
export function byId(id: string): HTMLElement {
  const element = document.getElementById(id);
  if (!element) throw new Error(`The page has no #${id}`);
  return element;
}

export function button(label: string, onClick: () => void, name?: string): HTMLButtonElement {
  return el('button', { class: name, attributes: { type: 'button' }, onClick }, label);
}

/** Text for who listens and does not look. */
export function aside(text: string): HTMLElement {
  return el('span', 'visually-hidden', text);
}

/** A section with a heading. */
export function section(title: string, ...children: readonly Child[]): HTMLElement {
  const id = `section-${title.toLowerCase().replace(/\W+/g, '-')}`;
  return el(
    'section',
    { class: 'section', attributes: { 'aria-labelledby': id } },
    el('h3', { attributes: { id } }, title),
    ...children,
  );
}

/** The heading of a view; focus goes there where the view takes the place of another. */
export function viewHead(title: string, ...about: readonly Child[]): HTMLElement {
  return el('header', 'view-head', el('h2', { attributes: { tabindex: '-1' } }, title), ...about);
}

const DONE = 1500;

/** Copies what `text` answers, and says so on itself. Its width stays. */
export function copyButton(label: string, text: () => string | Promise<string>): HTMLButtonElement {
  const told = el('span', { attributes: { 'aria-live': 'polite' } }, label);
  const tell = (word: string): void => {
    told.textContent = word;
    setTimeout(() => (told.textContent = label), DONE);
  };
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(await text());
      tell('Copied');
    } catch {
      tell('Not allowed');
    }
  };
  return el(
    'button',
    { class: 'copy', attributes: { type: 'button' }, onClick: () => void copy() },
    told,
  );
}
