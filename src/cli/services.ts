/** The push services by host, with the rules that the test double imitates them by. */
import { APPLE } from '../lib/service/apple.ts';
import { FCM } from '../lib/service/fcm.ts';
import { MOZILLA } from '../lib/service/mozilla.ts';
import { NTFY } from '../lib/service/ntfy.ts';
import type { Vendor } from '../lib/service/vendor.ts';
import { WNS } from '../lib/service/wns.ts';

export interface Service {
  readonly name: string;
  readonly label: string;
  readonly host: RegExp;
  /** Whether a URL looks like one of its endpoints, and what those look like. */
  readonly form: (url: URL) => boolean;
  readonly looks: string;
  readonly vendor: Vendor;
}

export const SERVICES: readonly Service[] = [
  {
    name: 'fcm',
    label: 'FCM (Chrome and its kin)',
    vendor: FCM,
    host: /^(fcm\.googleapis|jmt17\.google)\.com$/,
    form: ({ pathname }) => /^\/(fcm\/send|wp)\/./.test(pathname),
    looks: '/fcm/send/... or /wp/...',
  },
  {
    name: 'mozilla',
    label: 'Mozilla (Firefox)',
    vendor: MOZILLA,
    host: /(^|\.)push\.services\.mozilla\.com$/,
    form: ({ pathname }) => /^\/wpush\/v\d\/./.test(pathname),
    looks: '/wpush/v1/... or /wpush/v2/...',
  },
  {
    name: 'apple',
    label: 'Apple (Safari)',
    vendor: APPLE,
    host: /(^|\.)push\.apple\.com$/,
    form: ({ pathname }) => pathname.length > 20,
    looks: 'one long segment',
  },
  {
    name: 'wns',
    label: 'WNS (Edge)',
    vendor: WNS,
    host: /(^|\.)notify\.windows\.com$/,
    form: ({ searchParams }) => searchParams.has('token'),
    looks: '/w/?token=...',
  },
  {
    name: 'ntfy',
    label: 'ntfy (UnifiedPush)',
    vendor: NTFY,
    host: /^ntfy\.sh$/,
    form: ({ searchParams }) => searchParams.has('up'),
    looks: '/up...?up=1',
  },
];

export function serviceOf(url: URL): Service | undefined {
  const host = url.hostname.replace(/\.$/, '');
  return SERVICES.find((service) => service.host.test(host));
}
