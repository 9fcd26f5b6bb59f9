/** One page of a browser, driven the same way in Chromium and in Firefox. */
import { attachBrowsers } from '../../src/browsers.ts';
import { createPushService } from '../../src/service.ts';
import { launch } from './launch.js';
import { connectMarionette, freePort } from './marionette.js';

const KEYS = {
  Escape: { cdp: 'Escape', code: 27, marionette: '\uE00C' },
  ArrowDown: { cdp: 'ArrowDown', code: 40, marionette: '\uE015' },
  ArrowUp: { cdp: 'ArrowUp', code: 38, marionette: '\uE013' },
  Home: { cdp: 'Home', code: 36, marionette: '\uE011' },
  End: { cdp: 'End', code: 35, marionette: '\uE010' },
  Tab: { cdp: 'Tab', code: 9, marionette: '\uE004' },
  Enter: { cdp: 'Enter', code: 13, marionette: '\uE007' },
};

async function driveChromium({ cdp }) {
  const { targetInfos } = await cdp.send('Target.getTargets');
  const { targetId } = targetInfos.find(({ type }) => type === 'page');
  const { sessionId } = await cdp.send('Target.attachToTarget', { targetId, flatten: true });
  const send = (method, params) => cdp.send(method, params, sessionId);
  await send('Page.enable');
  return {
    goto: (url) => send('Page.navigate', { url }),
    async run(fn, ...args) {
      const expression = `(${fn})(...${JSON.stringify(args)})`;
      const { result, exceptionDetails } = await send('Runtime.evaluate', {
        expression,
        awaitPromise: true,
        returnByValue: true,
        userGesture: true,
      });
      if (exceptionDetails)
        throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
      return result.value;
    },
    async press(name) {
      const known = KEYS[name];
      const key = known
        ? {
            key: known.cdp,
            code: known.cdp,
            windowsVirtualKeyCode: known.code,
            ...(name === 'Enter' ? { text: '\r' } : {}),
          }
        : { key: name, text: name };
      await send('Input.dispatchKeyEvent', { type: 'keyDown', ...key });
      await send('Input.dispatchKeyEvent', { type: 'keyUp', ...key });
    },
    resize: (width, height) =>
      send('Emulation.setDeviceMetricsOverride', {
        width,
        height,
        deviceScaleFactor: 1,
        mobile: false,
      }),
    theme: (value) =>
      send('Emulation.setEmulatedMedia', { features: [{ name: 'prefers-color-scheme', value }] }),
  };
}

async function driveFirefox(port, crashed) {
  const { send, close } = await connectMarionette(port, crashed);
  return {
    close,
    /** By way of another page: else a new address of the same page may be taken for a step inside it. */
    async goto(url) {
      await send('WebDriver:Navigate', { url: 'about:blank' });
      await send('WebDriver:Navigate', { url });
    },
    async run(fn, ...args) {
      const script = `const done = arguments[arguments.length - 1];
        (async () => (${fn})(...${JSON.stringify(args)}))()
          .then((value) => done({ value }), (error) => done({ error: String(error) + error.stack }));`;
      const { value } = await send('WebDriver:ExecuteAsyncScript', {
        script,
        args: [],
        scriptTimeout: 60_000,
      });
      if (!value) throw new Error('The script has no outcome');
      if (value.error) throw new Error(value.error);
      return value.value;
    },
    async press(name) {
      const value = KEYS[name]?.marionette ?? name;
      const actions = ['keyDown', 'keyUp'].map((type) => ({ type, value }));
      await send('WebDriver:PerformActions', {
        actions: [{ type: 'key', id: 'keyboard', actions }],
      });
    },
    /** The window has a bar of its own: the page gets what was asked for in a second step. */
    async resize(width, height) {
      await send('WebDriver:SetWindowRect', { width, height });
      const { value } = await send('WebDriver:ExecuteScript', {
        script: 'return [innerWidth, innerHeight]',
        args: [],
      });
      await send('WebDriver:SetWindowRect', {
        width: 2 * width - value[0],
        height: 2 * height - value[1],
      });
    },
    theme: undefined,
  };
}

/** Opens a browser that reaches nothing but this machine. */
export async function openPage(name, url) {
  const browsers = await attachBrowsers(createPushService());
  const port = name === 'firefox' ? await freePort() : 0;
  const { firefox } = browsers;
  const started = launch(
    name,
    {
      ...browsers,
      firefox: {
        preferences: { ...firefox.preferences, 'marionette.port': port },
        env: { ...firefox.env, MOZ_MARIONETTE: '1' },
      },
    },
    url,
  );
  const close = async () => {
    page?.close?.();
    await started.close();
    await browsers.close();
  };
  let page;
  try {
    page = await (name === 'firefox'
      ? driveFirefox(port, started.crashed)
      : driveChromium(started));
    return { ...page, name, close, log: started.log };
  } catch (error) {
    await close();
    throw error;
  }
}
