/** The page. */
import { pushSupport, subscribe, sync, unsubscribe } from 'subtle-push/client';
import { isKnown, options, remove, request } from './options.js';

const HINTS = {
  'denied': 'Notifications are forbidden here: allow them in the browser’s settings.',
  'install-first': 'Add this page to the Home Screen and open it from there.',
  'insecure': 'Notifications need https.',
  'unsupported': 'This browser has no push.',
};

const element = (id) => document.getElementById(id);
let registration;
let subscription;
let user;

/** On every load: what went wrong since the last is put right, and nobody is asked. */
async function synchronize() {
  subscription = await sync(registration, { ...options, account: user });
  if (subscription && !await isKnown(subscription)) {
    subscription = await sync(registration, { ...options, account: user, renew: true });
  }
}

/** In the click, and nothing awaited before it: the browser asks the user now or not at all. */
async function enable() {
  subscription = await subscribe(registration, { ...options, account: user });
}

/** Before the session ends: the next user of this browser must not see this one's messages. */
async function disable() {
  await unsubscribe(registration, { remove });
  subscription = undefined;
}

async function login() {
  await request('POST', '/login', element('name').value);
  await start();
}

async function logout() {
  await disable();
  await request('POST', '/logout');
  user = null;
}

async function send() {
  const message = JSON.stringify({ title: element('title').value, body: element('body').value });
  const { sent, gone, failed } = await (await request('POST', '/push/send', message)).json();
  return `Sent to ${sent}, ${gone} gone, ${failed} failed`;
}

async function rotate() {
  await request('POST', '/push/rotate');
  await synchronize();
  return 'The server has a new key, and this browser a new subscription';
}

/** Shows where things stand; `text`: what to say about it. */
function show(text = '') {
  const hint = HINTS[pushSupport()];
  element('status').textContent = hint ?? text;
  element('entrance').hidden = Boolean(user);
  element('app').hidden = !user;
  element('user').textContent = user ?? '';
  element('enable').hidden = Boolean(subscription);
  element('enable').disabled = Boolean(hint);
  element('disable').hidden = !subscription;
}

async function start() {
  user = await (await request('GET', '/user')).json();
  registration = await navigator.serviceWorker?.register('/worker.js');
  if (user && registration) await synchronize();
}

/** `act` begins at once: a click is soon over. */
function run(act) {
  act().then(show, (error) => show(error.message));
}

for (const [id, act] of Object.entries({ login, enable, disable, send, rotate, logout })) {
  element(id).addEventListener('click', () => run(act));
}
run(start);
