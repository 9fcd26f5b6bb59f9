const MONTHS = 'JanFebMarAprMayJunJulAugSepOctNovDec';
/** IMF-fixdate: Sun, 06 Nov 1994 08:49:37 GMT. */
const IMF_FIXDATE = /^\w{3}, (?<d>\d\d) (?<m>\w{3}) (?<y>\d{4}) (?<t>\d\d:\d\d:\d\d) GMT$/;
/** Sunday, 06-Nov-94 08:49:37 GMT. */
const RFC_850 = /^\w{6,9}, (?<d>\d\d)-(?<m>\w{3})-(?<y>\d\d) (?<t>\d\d:\d\d:\d\d) GMT$/;
/** Sun Nov  6 08:49:37 1994. */
const ASCTIME = /^\w{3} (?<m>\w{3}) (?<d>[ \d]\d) (?<t>\d\d:\d\d:\d\d) (?<y>\d{4})$/;

/** The instant of an HTTP-date in its three forms (RFC 9110 §5.6.7), in milliseconds. */
function parseHttpDate(text: string, now: number): number | undefined {
  const parts = (IMF_FIXDATE.exec(text) ?? RFC_850.exec(text) ?? ASCTIME.exec(text))?.groups;
  const month = MONTHS.indexOf(parts?.['m'] ?? '?') / 3;
  if (!parts || !Number.isInteger(month) || month < 0) return undefined;
  const [hours = 0, minutes = 0, seconds = 0] = (parts['t'] ?? '').split(':').map(Number);
  if (hours > 23 || minutes > 59 || seconds > 60) return undefined;
  const instant = (year: number): number =>
    Date.UTC(year, month, Number(parts['d']), hours, minutes, seconds);
  const year = Number(parts['y']);
  if (parts['y']?.length === 4) return instant(year);
  // Two digits that seem more than 50 years ahead mean the past (RFC 9110 §5.6.7).
  const thisYear = new Date(now).getUTCFullYear();
  const near = thisYear - (thisYear % 100) + year;
  return instant(near > thisYear + 50 ? near - 100 : near);
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
