/** A push, taken apart: the sections of its page. */
import { bodySection } from './detail_body.ts';
import { payloadSection } from './detail_payload.ts';
import { findings } from './detail_rows.ts';
import { el, section } from './dom.ts';
import type { Child } from './dom.ts';
import { exactClock, grouped, octets, prettyJson, statusWords } from './format.ts';
import { toneOf } from './list.ts';
import type { Detail } from './types.ts';

function head({ summary, url }: Detail): HTMLElement {
  const { id, time, method, status, state, size, to } = summary;
  const facts = [to, state, octets(size), exactClock(time)].filter((fact) => fact !== null);
  return el(
    'header',
    'view-head',
    el('h2', { attributes: { tabindex: '-1' } }, `Push ${id}`),
    el(
      'p',
      'head-status',
      el(
        'span',
        { class: 'row-status', attributes: { 'data-tone': toneOf(summary) } },
        String(status ?? 'reset'),
      ),
      facts.join(' · '),
    ),
    el('p', 'head-url', el('span', 'mono', `${method} ${url}`)),
  );
}

/** Why it was refused, before anything else. */
function refusalNote({ summary, refusal }: Detail): Child {
  if (summary.status !== null && summary.status < 300) return null;
  const reason = summary.reason === null ? '' : ` (${summary.reason})`;
  return el(
    'div',
    { class: 'callout', attributes: { role: 'note' } },
    el('strong', {}, `${statusWords(summary.status)}${reason}`),
    refusal === null ? null : el('span', {}, refusal),
  );
}

function tokenSection({ token, claims }: Detail): HTMLElement {
  const parts = claims.map((text) => el('pre', 'code', prettyJson(text) ?? text));
  return section(
    'Token',
    findings(token),
    parts.length
      ? el('details', {}, el('summary', {}, 'Header and claims as JSON'), ...parts)
      : null,
  );
}

function derivationSection({ values }: Detail): Child {
  if (!values.length) return null;
  const rows = values.map(({ name, hex, how }) =>
    el(
      'div',
      'value',
      el('dt', 'mono', name),
      el('dd', {}, el('span', 'mono hex', grouped(hex)), el('span', 'how', how)),
    ),
  );
  return section('Derivation', el('dl', 'values', ...rows));
}

function answerSection({ answer }: Detail): HTMLElement {
  if (!answer) return section('Answer', el('p', 'muted', 'None: the connection was broken.'));
  const { status, headers, body } = answer;
  const lines = [
    `HTTP ${statusWords(status)}`,
    ...headers.map(([name, value]) => `${name}: ${value}`),
  ];
  const text = body === null || body === '' ? '' : `\n\n${prettyJson(body) ?? body}`;
  return section('Answer', el('pre', 'code', lines.join('\n') + text));
}

/** Links to the sections, for who knows what they look for. */
function contents(sections: readonly Child[]): HTMLElement {
  const links = sections.flatMap((part) => {
    const heading = part instanceof HTMLElement ? part.querySelector('h3') : null;
    if (!heading) return [];
    const show = (): void => heading.scrollIntoView({ block: 'start' });
    return [el('button', { attributes: { type: 'button' }, onClick: show }, heading.textContent)];
  });
  return el('nav', { class: 'contents', attributes: { 'aria-label': 'Sections' } }, ...links);
}

/** `columns`: octets in a line of the body. */
export function renderDetail(detail: Detail, columns: number): readonly Node[] {
  const sections = [
    payloadSection(detail),
    section('Push services', findings(detail.services)),
    section('Fields', findings(detail.fields)),
    tokenSection(detail),
    bodySection(detail, columns),
    derivationSection(detail),
    answerSection(detail),
  ];
  const callout = refusalNote(detail);
  return [head(detail), contents(sections), callout, ...sections].filter(
    (part) => part instanceof Node,
  );
}
