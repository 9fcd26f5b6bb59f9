/** The DevTools protocol over --remote-debugging-pipe: messages end in a zero byte. */
export function connectCdp(input, output) {
  const pending = new Map();
  const listeners = new Set();
  let ids = 0;
  let text = '';
  input.on('error', () => {});
  output.setEncoding('utf8');
  output.on('data', (chunk) => {
    const parts = (text + chunk).split('\0');
    text = parts.pop();
    for (const part of parts) {
      const message = JSON.parse(part);
      const settle = pending.get(message.id);
      if (!settle) for (const listen of listeners) listen(message);
      else if (message.error) settle.reject(new Error(message.error.message));
      else settle.resolve(message.result);
      pending.delete(message.id);
    }
  });
  const send = (method, params = {}, sessionId = undefined) => new Promise((resolve, reject) => {
    const id = ++ids;
    pending.set(id, { resolve, reject });
    input.write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
  });
  return { send, listen: (listener) => listeners.add(listener) };
}

/** What Chromium says of each push from now on: an array that grows, and who waits for more. */
export async function watchPushes(cdp) {
  const { targetInfos } = await cdp.send('Target.getTargets');
  const { targetId } = targetInfos.find(({ type }) => type === 'page');
  const { sessionId } = await cdp.send('Target.attachToTarget', { targetId, flatten: true });
  const service = 'pushMessaging';
  const events = [];
  let wake = () => {};
  cdp.listen(({ method, params }) => {
    if (method !== 'BackgroundService.backgroundServiceEventReceived') return;
    const { eventName, eventMetadata } = params.backgroundServiceEvent;
    const details = Object.fromEntries(eventMetadata.map(({ key, value }) => [key, value]));
    events.push({ name: eventName, ...details });
    wake();
  });
  await cdp.send('BackgroundService.startObserving', { service }, sessionId);
  await cdp.send('BackgroundService.setRecording', { service, shouldRecord: true }, sessionId);
  return { events, changed: () => new Promise((resolve) => (wake = resolve)) };
}
