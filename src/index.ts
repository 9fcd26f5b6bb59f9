/** The application server's door: encrypt, sign, send. */
export type { Accepted } from './answer.ts';
export { encrypt, MAX_PAYLOAD, MAX_PAYLOAD_EVERYWHERE } from './encrypt.ts';
export { DeliveryError, isPushError, PushError } from './errors.ts';
export type { PushErrorCode } from './errors.ts';
export { createRequest } from './request.ts';
export type { MessageOptions, PushRequest, RequestOptions } from './request.ts';
export { isDead, nextStep, retryDelay } from './retry.ts';
export type { NextStep, RetryOptions } from './retry.ts';
export { cancel, send } from './send.ts';
export type {
  Attempt, Fetch, FetchInit, FetchResponse, SendOptions, TransferOptions,
} from './send.ts';
export { sendMany } from './send_many.ts';
export type { Delivery, Outcome, Progress, SendManyOptions } from './send_many.ts';
export { parseSubscription, subscriptionId, topicFrom } from './subscription.ts';
export { createVapid, generateVapidKeys, importVapidKeys, vapidSigner } from './vapid.ts';
export type {
  JsonWebKeyLike, TokenCache, Vapid, VapidKeys, VapidOptions, VapidSigner,
} from './vapid.ts';
export type {
  Bytes, CryptoKey, Encrypt, Encrypted, EncryptOptions, EndpointPolicy, HeadersLike, KeyPair, Now,
  Payload, Subscription, Urgency,
} from './types.ts';
