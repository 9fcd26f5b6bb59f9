/** Every name of 'subtle-push/node', as it was fixed: no more, no less, of the same type. */
import type * as expected from 'expected';
import type { Same } from 'expected/same';
import * as door from 'subtle-push/node';

type Value<K extends keyof typeof expected & keyof typeof door> =
  Same<(typeof expected)[K], (typeof door)[K]>;

export const values: { [K in Exclude<keyof typeof door, Apart>]: Value<K> } = {
  http2Fetch: true,
  nodeEncrypt: true,
  listen: true,
};

type Apart = never;

export const types: {
  Http2Options: Same<expected.Http2Options, door.Http2Options>;
  Http2Fetch: Same<expected.Http2Fetch, door.Http2Fetch>;
  ListenOptions: Same<expected.ListenOptions, door.ListenOptions>;
} = {
  Http2Options: true,
  Http2Fetch: true,
  ListenOptions: true,
};
