/** What only Node and runtimes with its modules can do. */
export { http2Fetch, type Http2Fetch, type Http2Options } from './lib/node/http/http2.ts';
export { nodeEncrypt } from './lib/node/encrypt.ts';
export { listen, type Listening, type ListenOptions } from './lib/node/listen.ts';
