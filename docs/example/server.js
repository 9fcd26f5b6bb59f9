/** The web server: plain node:http. Sessions are as simple as can be; yours are better. */
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';

const MAX_BODY = 10_000;

async function bodyOf(request) {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) {
    text += chunk;
    if (text.length > MAX_BODY) throw Object.assign(new Error('Too long'), { status: 413 });
  }
  return text;
}

function sessionOf({ headers }) {
  return /(?:^|; )session=([\w-]+)/.exec(headers.cookie ?? '')?.[1];
}

/** What each request of a user does; answers what is sent back as JSON, text or nothing. */
const ROUTES = {
  'GET /push/key': ({ push }) => push.key(),
  'PUT /push/subscription': ({ push, user, body }) => push.save(user, JSON.parse(body)),
  'DELETE /push/subscription': ({ push, user, body }) => push.remove(user, body),
  'POST /push/known': ({ push, user, body }) => ({ known: push.has(user, body) }),
  'POST /push/send': ({ push, user, body, origin }) => {
    const { title, body: text } = JSON.parse(body);
    return push.notify(user, { title, body: text, navigate: `${origin}/`, tag: 'example' });
  },
  'POST /push/rotate': ({ push }) => push.rotate(),
};

/** `files`: path -> [media type, text]. `origin`: where browsers see this server. */
export function createApp({ store, push, files, origin }) {
  const sessions = new Map(store.setting('sessions') ?? []);
  const keepSessions = () => store.set('sessions', [...sessions]);

  const login = async (request, response) => {
    const session = randomUUID();
    sessions.set(session, (await bodyOf(request)).slice(0, 100));
    keepSessions();
    response.setHeader('Set-Cookie', `session=${session}; HttpOnly; SameSite=Strict; Path=/`);
    response.writeHead(204).end();
  };
  const logout = (request, response) => {
    sessions.delete(sessionOf(request));
    keepSessions();
    response.setHeader('Set-Cookie', 'session=; Max-Age=0; Path=/');
    response.writeHead(204).end();
  };

  const answer = async (request, response) => {
    const name = `${request.method} ${request.url}`;
    if (name === 'POST /login') return login(request, response);
    if (name === 'POST /logout') return logout(request, response);
    const file = request.method === 'GET' && files[request.url];
    if (file) {
      const [type, text] = file;
      response.writeHead(200, { 'Content-Type': type, 'Cache-Control': 'no-cache' });
      return response.end(text);
    }
    const user = sessions.get(sessionOf(request));
    if (name === 'GET /user') return response.end(JSON.stringify(user ?? null));
    const route = ROUTES[name];
    if (!route) return response.writeHead(404).end();
    if (user === undefined) return response.writeHead(401).end();
    const result = await route({ push, user, body: await bodyOf(request), origin });
    if (result === undefined) return response.writeHead(204).end();
    return response.end(typeof result === 'string' ? result : JSON.stringify(result));
  };

  return createServer((request, response) => {
    answer(request, response).catch((error) => {
      // Bad JSON, a subscription that is none: the page's mistake.
      response.writeHead(error.status ?? 400).end(error.message);
    });
  });
}
