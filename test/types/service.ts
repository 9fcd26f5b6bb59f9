/** Every name of 'subtle-push/service', as it was fixed: no more, no less, of the same type. */
import type * as expected from 'expected';
import type { Same } from 'expected/same';
import * as door from 'subtle-push/service';

type Value<K extends keyof typeof expected & keyof typeof door> =
  Same<(typeof expected)[K], (typeof door)[K]>;

export const values: { [K in Exclude<keyof typeof door, Apart>]: Value<K> } = {
  createPushService: true,
  verifyVapid: true,
};

/** So that who receives needs nothing of the sender's door to know an error. */
type Apart = 'PushError' | 'isPushError';
export const PushError: Same<expected.PushError, door.PushError> = true;
export const isPushError: typeof expected.isPushError = door.isPushError;

export const types: {
  ReceivedMessage: Same<expected.ReceivedMessage, door.ReceivedMessage>;
  TestSubscription: Same<expected.TestSubscription, door.TestSubscription>;
  Fault: Same<expected.Fault, door.Fault>;
  PushService: Same<expected.PushService, door.PushService>;
  PushServiceOptions: Same<expected.PushServiceOptions, door.PushServiceOptions>;
  VerifiedVapid: Same<expected.VerifiedVapid, door.VerifiedVapid>;
} = {
  ReceivedMessage: true,
  TestSubscription: true,
  Fault: true,
  PushService: true,
  PushServiceOptions: true,
  VerifiedVapid: true,
};
