/** Every name of 'subtle-push/receive', as it was fixed: no more, no less, of the same type. */
import type * as expected from 'expected';
import type { Same } from 'expected/same';
import * as door from 'subtle-push/receive';

type Value<K extends keyof typeof expected & keyof typeof door> =
  Same<(typeof expected)[K], (typeof door)[K]>;

export const values: { [K in Exclude<keyof typeof door, Apart>]: Value<K> } = {
  generateReceiver: true,
  importReceiver: true,
  exportReceiver: true,
  toSubscription: true,
  decrypt: true,
};

/** So that who receives needs nothing of the sender's door to know an error. */
type Apart = 'PushError' | 'isPushError';
export const PushError: Same<expected.PushError, door.PushError> = true;
export const isPushError: typeof expected.isPushError = door.isPushError;

export const types: {
  ReceiverKeys: Same<expected.ReceiverKeys, door.ReceiverKeys>;
  Receiver: Same<expected.Receiver, door.Receiver>;
  IncomingMessage: Same<expected.IncomingMessage, door.IncomingMessage>;
} = {
  ReceiverKeys: true,
  Receiver: true,
  IncomingMessage: true,
};
