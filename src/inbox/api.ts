/** What the page asks of its server. */
import type { Detail, LiveEvent } from './types.ts';

const API = '/inbox/api/';

/** Does something. Answers why not, where it was refused. */
export async function act(name: string, input: object): Promise<string | undefined> {
  try {
    const response = await fetch(API + name, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(input),
    });
    return response.ok ? undefined : (await response.text()).trim();
  } catch {
    return 'The push service does not answer: is it still running?';
  }
}

/** All of a push, or `undefined` when it is no longer kept. */
export async function fetchDetail(id: number): Promise<Detail | undefined> {
  const response = await fetch(`${API}push?id=${id}`);
  if (!response.ok) return undefined;
  const detail: Detail = await response.json();
  return detail;
}

/** Listens for as long as the page is open; the browser connects again by itself. */
export function listen(
  onEvent: (event: LiveEvent) => void,
  onConnection: (connected: boolean) => void,
): void {
  const source = new EventSource(`${API}live`);
  source.addEventListener('message', ({ data }) => {
    const event: LiveEvent = JSON.parse(data);
    onEvent(event);
  });
  source.addEventListener('open', () => onConnection(true));
  source.addEventListener('error', () => {
    onConnection(false);
    // After some failures browsers give up for good.
    if (source.readyState === EventSource.CLOSED)
      setTimeout(() => listen(onEvent, onConnection), 2000);
  });
}
