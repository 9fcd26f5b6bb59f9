const MONTHS = 'JanFebMarAprMayJunJulAugSepOctNovDec';
/** Sun, 06 Nov 1994 08:49:37 GMT, and of old Sunday, 06-Nov-94 08:49:37 GMT. */
const DATE =
  /^\w{3,9}, ([ \d]\d)[ -](\w{3})[ -](\d\d|\d{4}) ([01]\d|2[0-3]):([0-5]\d):([0-5]\d|60) GMT$/;
/** Sun Nov  6 08:49:37 1994. */
const ASCTIME = /^(\w{3}) (\w{3}) ([ \d]\d) (\S{8}) (\d{4})$/;

/** The instant of an HTTP-date in its three forms (RFC 9110 §5.6.7), in milliseconds. */
function parseHttpDate(text: string, now: number): number | undefined {
  const date = DATE.exec(text.replace(ASCTIME, '$1, $3 $2 $5 $4 GMT'));
  const [, day, name = '?', digits = '', ...time] = date ?? [];
  const month = MONTHS.indexOf(name) / 3;
  if (!Number.isInteger(month)) return undefined;
  let year = Number(digits);
  if (digits.length === 2) {
    // Two digits that seem more than 50 years ahead mean the past (RFC 9110 §5.6.7).
    const thisYear = new Date(now).getUTCFullYear();
    year += thisYear - (thisYear % 100);
    if (year > thisYear + 50) year -= 100;
  }
  return Date.UTC(year, month, Number(day), ...time.map(Number));
}

/**
 * Milliseconds that a Retry-After field asks to wait (RFC 9110 §10.2.3); `undefined` for nonsense.
 */
export function parseRetryAfter(field: string | null | undefined, now: number): number | undefined {
  const text = field?.trim() ?? '';
  if (/^\d+$/.test(text)) return Math.min(Number(text) * 1000, Number.MAX_SAFE_INTEGER);
  const instant = parseHttpDate(text, now);
  return instant === undefined ? undefined : Math.max(0, instant - now);
}
