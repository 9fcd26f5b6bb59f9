/** What only Node and runtimes with its modules can do: a fetch over kept HTTP/2 sessions. */
export { http2Fetch, type Http2Fetch, type Http2Options } from './lib/node/http2.ts';
export { nodeEncrypt } from './lib/node/encrypt.ts';
