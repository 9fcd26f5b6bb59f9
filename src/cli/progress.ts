/** How far a sending to many is: a bar on a terminal, plain lines elsewhere. */
import { count, span } from './layout.ts';
import type { Terminal } from './term.ts';

/** What there is to say. */
export interface View {
  readonly done: number;
  /** Those of this run: what the rate is reckoned from. */
  readonly made: number;
  /** Rows in all, as far as it is known; `undefined`: standard input. */
  readonly total: number | undefined;
  /** Whether `total` is reckoned from the octets that were read. */
  readonly about: boolean;
  readonly ok: number;
  readonly codes: Readonly<Record<string, number>>;
  readonly retries: number;
  readonly flying: number;
}

/** What codes are called where there is little room. */
const WORDS: Readonly<Record<string, string>> = {
  ERR_SUBSCRIPTION_INVALID: 'invalid',
  ERR_SUBSCRIPTION_GONE: 'gone',
  ERR_KEY_MISMATCH: 'other key',
  ERR_UNAUTHORIZED: 'unauthorized',
  ERR_PAYLOAD_TOO_LARGE: 'too large',
  ERR_RATE_LIMITED: 'rate limited',
  ERR_UNAVAILABLE: 'unavailable',
  ERR_REJECTED: 'rejected',
  ERR_NETWORK: 'network',
  ERR_TIMEOUT: 'timeout',
  ERR_ADDRESS_REFUSED: 'address refused',
  ERR_EXPIRED: 'expired',
  ERR_DELIVERY_INVALID: 'unusable',
  ERR_VAPID_INVALID: 'keys',
};

export function wordOf(code: string): string {
  return WORDS[code] ?? code;
}

/** Milliseconds between two drawings, and between two plain lines. */
const DRAW = 100;
const SAY = 5000;
/** Seconds of the past that the rate is reckoned from. */
const WINDOW = 10;

/** Rows a second over the last seconds. `now`: milliseconds. */
export function createRate(): (done: number, now: number) => number {
  const points: (readonly [time: number, done: number])[] = [];
  return (done, now) => {
    points.push([now, done]);
    while (points.length > 2 && now - points[1]![0] > WINDOW * 1000) points.shift();
    const [time, before] = points[0]!;
    return now > time ? ((done - before) * 1000) / (now - time) : 0;
  };
}

function timeLeft({ done, total }: View, rate: number): string {
  if (total === undefined || rate <= 0) return '';
  return total > done ? `${span(Math.max(1, (total - done) / rate))} left` : '';
}

function amount({ done, total, about }: View): string {
  return total === undefined
    ? `${count(done)} rows`
    : `${count(done)} of ${about ? 'about ' : ''}${count(total)} rows`;
}

function counts({ ok, codes, retries, flying }: View): string[] {
  const failed = Object.entries(codes)
    .sort(([, a], [, b]) => b - a)
    .map(([code, value]) => `${count(value)} ${wordOf(code)}`);
  return [
    `${count(ok)} ok`,
    ...failed,
    ...(retries ? [`${count(retries)} ${retries === 1 ? 'retry' : 'retries'}`] : []),
    ...(flying ? [`${count(flying)} under way`] : []),
  ];
}

function rateText(rate: number): string {
  return `${rate < 10 ? rate.toFixed(1) : count(rate)}/s`;
}

/** The line for logs. */
export function plainLine(view: View, rate: number): string {
  const left = timeLeft(view, rate);
  return `${amount(view)}, ${counts(view).join(', ')}, ${rateText(rate)}${left && `, ${left}`}`;
}

/** The two lines for terminals. */
export function barLines(view: View, rate: number, columns: number): string[] {
  const { done, total } = view;
  const left = timeLeft(view, rate);
  const text = ` ${amount(view)}  ${rateText(rate)}${left && `  ${left}`}`;
  const share = total ? Math.min(1, done / total) : 0;
  const width = Math.max(0, Math.min(30, columns - text.length - 9));
  const full = Math.floor(share * width);
  const bar =
    total === undefined || width < 5
      ? ''
      : `[${'#'.repeat(full)}${'-'.repeat(width - full)}] `
        + `${String(Math.floor(share * 100)).padStart(3)}%`;
  return [`${bar}${text}`, ` ${counts(view).join('  ')}`].map((line) => line.slice(0, columns - 1));
}

export interface ProgressDisplay {
  /** A line of its own. */
  readonly say: (text: string) => void;
  /** Draws or says it for the last time. */
  readonly end: () => void;
}

export function showProgress(terminal: Terminal, view: () => View): ProgressDisplay {
  const rate = createRate();
  const drawn = terminal.isError && terminal.env['TERM'] !== 'dumb';
  let lines = 0;
  const draw = (): void => {
    const now = view();
    const texts = barLines(now, rate(now.made, performance.now()), terminal.errorColumns());
    // Up to the first line, and each line cleared behind its text.
    const up = lines ? `\r\x1b[${lines}A` : '';
    terminal.error.write(`${up}${texts.map((text) => `${text}\x1b[K\n`).join('')}`);
    lines = texts.length;
  };
  const log = (): void => {
    const now = view();
    terminal.note(plainLine(now, rate(now.made, performance.now())));
  };
  const say = (text: string): void => {
    terminal.note(text);
    // What is drawn next stands below it.
    lines = 0;
  };
  rate(view().made, performance.now());
  const timer = setInterval(drawn ? draw : log, drawn ? DRAW : SAY);
  if (drawn) draw();
  const end = (): void => {
    clearInterval(timer);
    (drawn ? draw : log)();
  };
  return { say, end };
}
