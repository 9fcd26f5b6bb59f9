/** Every name of 'subtle-push', as it was fixed: no more, no less, of the same type. */
import type * as expected from 'expected';
import type { Same } from 'expected/same';
import * as door from 'subtle-push';

type Value<K extends keyof typeof expected & keyof typeof door> =
  Same<(typeof expected)[K], (typeof door)[K]>;

export const values: { [K in Exclude<keyof typeof door, Apart>]: Value<K> } = {
  parseSubscription: true,
  subscriptionId: true,
  topicFrom: true,
  generateVapidKeys: true,
  importVapidKeys: true,
  vapidSigner: true,
  createVapid: true,
  encrypt: true,
  createRequest: true,
  send: true,
  cancel: true,
  sendMany: true,
  retryDelay: true,
  isDead: true,
  nextStep: true,
  isPushError: true,
};

/** Classes are compared by their instances, constants are numbers. */
type Apart = 'MAX_PAYLOAD' | 'MAX_PAYLOAD_EVERYWHERE' | 'PushError' | 'DeliveryError';
export const apart: Same<keyof typeof door & Apart, Apart> = true;
export const MAX_PAYLOAD: number = door.MAX_PAYLOAD;
export const MAX_PAYLOAD_EVERYWHERE: number = door.MAX_PAYLOAD_EVERYWHERE;
export const PushError: Same<expected.PushError, door.PushError> = true;
export const DeliveryError: Same<expected.DeliveryError, door.DeliveryError> = true;

export const types: {
  Bytes: Same<expected.Bytes, door.Bytes>;
  CryptoKey: Same<expected.CryptoKey, door.CryptoKey>;
  KeyPair: Same<expected.KeyPair, door.KeyPair>;
  Now: Same<expected.Now, door.Now>;
  HeadersLike: Same<expected.HeadersLike, door.HeadersLike>;
  Subscription: Same<expected.Subscription, door.Subscription>;
  Payload: Same<expected.Payload, door.Payload>;
  Urgency: Same<expected.Urgency, door.Urgency>;
  EndpointPolicy: Same<expected.EndpointPolicy, door.EndpointPolicy>;
  VapidKeys: Same<expected.VapidKeys, door.VapidKeys>;
  VapidSigner: Same<expected.VapidSigner, door.VapidSigner>;
  VapidOptions: Same<expected.VapidOptions, door.VapidOptions>;
  TokenCache: Same<expected.TokenCache, door.TokenCache>;
  Vapid: Same<expected.Vapid, door.Vapid>;
  JsonWebKeyLike: Same<expected.JsonWebKeyLike, door.JsonWebKeyLike>;
  EncryptOptions: Same<expected.EncryptOptions, door.EncryptOptions>;
  Encrypted: Same<expected.Encrypted, door.Encrypted>;
  Encrypt: Same<expected.Encrypt, door.Encrypt>;
  MessageOptions: Same<expected.MessageOptions, door.MessageOptions>;
  RequestOptions: Same<expected.RequestOptions, door.RequestOptions>;
  PushRequest: Same<expected.PushRequest, door.PushRequest>;
  FetchInit: Same<expected.FetchInit, door.FetchInit>;
  FetchResponse: Same<expected.FetchResponse, door.FetchResponse>;
  Fetch: Same<expected.Fetch, door.Fetch>;
  Attempt: Same<expected.Attempt, door.Attempt>;
  TransferOptions: Same<expected.TransferOptions, door.TransferOptions>;
  SendOptions: Same<expected.SendOptions, door.SendOptions>;
  Accepted: Same<expected.Accepted, door.Accepted>;
  Delivery: Same<expected.Delivery, door.Delivery>;
  Progress: Same<expected.Progress, door.Progress>;
  SendManyOptions: Same<
    expected.SendManyOptions<expected.Delivery>, door.SendManyOptions<expected.Delivery>
  >;
  Outcome: Same<expected.Outcome<expected.Delivery>, door.Outcome<expected.Delivery>>;
  RetryOptions: Same<expected.RetryOptions, door.RetryOptions>;
  NextStep: Same<expected.NextStep, door.NextStep>;
  PushErrorCode: Same<expected.PushErrorCode, door.PushErrorCode>;
} = {
  Bytes: true,
  CryptoKey: true,
  KeyPair: true,
  Now: true,
  HeadersLike: true,
  Subscription: true,
  Payload: true,
  Urgency: true,
  EndpointPolicy: true,
  VapidKeys: true,
  VapidSigner: true,
  VapidOptions: true,
  TokenCache: true,
  Vapid: true,
  JsonWebKeyLike: true,
  EncryptOptions: true,
  Encrypted: true,
  Encrypt: true,
  MessageOptions: true,
  RequestOptions: true,
  PushRequest: true,
  FetchInit: true,
  FetchResponse: true,
  Fetch: true,
  Attempt: true,
  TransferOptions: true,
  SendOptions: true,
  Accepted: true,
  Delivery: true,
  Progress: true,
  SendManyOptions: true,
  Outcome: true,
  RetryOptions: true,
  NextStep: true,
  PushErrorCode: true,
};
