/**
 * What the server keeps: subscriptions, sessions, VAPID keys. In SQLite where Node has it (22.13
 * and newer), else in a JSON file.
 *
 * A row: `{ id, user, key, subscription }`, `id` from subscriptionId(), `key` the public VAPID key
 * that the page subscribed with.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';

/** `path`: a file without an ending. */
export async function openStore(path) {
  try {
    const { DatabaseSync } = await import('node:sqlite');
    return openDatabase(new DatabaseSync(`${path}.sqlite`));
  } catch (error) {
    if (error.code !== 'ERR_UNKNOWN_BUILTIN_MODULE') throw error;
    return openFile(`${path}.json`);
  }
}

export function openDatabase(database) {
  database.exec(`
    CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS subscriptions (
      id TEXT PRIMARY KEY, user TEXT NOT NULL, key TEXT NOT NULL, subscription TEXT NOT NULL
    );
    CREATE INDEX IF NOT EXISTS subscriptions_of_user ON subscriptions (user);
  `);
  const parse = (row) => row && { ...row, subscription: JSON.parse(row.subscription) };
  const select = (where) => database.prepare(`SELECT * FROM subscriptions WHERE ${where} = ?`);
  const byId = select('id');
  const byUser = select('user');
  const put = database.prepare('INSERT OR REPLACE INTO subscriptions VALUES (?, ?, ?, ?)');
  const remove = database.prepare('DELETE FROM subscriptions WHERE id = ?');
  const read = database.prepare('SELECT value FROM settings WHERE name = ?');
  const write = database.prepare('INSERT OR REPLACE INTO settings VALUES (?, ?)');
  return {
    row: (id) => parse(byId.get(id)),
    rows: (user) => byUser.all(user).map(parse),
    put: ({ id, user, key, subscription }) => put.run(id, user, key, JSON.stringify(subscription)),
    delete: (id) => remove.run(id),
    setting: (name) => {
      const row = read.get(name);
      return row && JSON.parse(row.value);
    },
    set: (name, value) => write.run(name, JSON.stringify(value)),
    close: () => database.close(),
  };
}

export function openFile(path) {
  const { rows, settings } = readFile(path);
  /** In whole or not at all: a process may end while it writes. */
  const keep = () => {
    const text = JSON.stringify({ rows: [...rows.values()], settings: [...settings] }, null, 2);
    writeFileSync(`${path}.new`, text, { mode: 0o600 });
    renameSync(`${path}.new`, path);
  };
  return {
    row: (id) => rows.get(id),
    rows: (user) => [...rows.values()].filter((row) => row.user === user),
    put: (row) => {
      rows.set(row.id, row);
      keep();
    },
    delete: (id) => {
      if (rows.delete(id)) keep();
    },
    setting: (name) => settings.get(name),
    set: (name, value) => {
      settings.set(name, value);
      keep();
    },
    close: () => {},
  };
}

function readFile(path) {
  try {
    const { rows, settings } = JSON.parse(readFileSync(path, 'utf8'));
    return { rows: new Map(rows.map((row) => [row.id, row])), settings: new Map(settings) };
  } catch (error) {
    // What cannot be read is not thrown away.
    if (error.code !== 'ENOENT') throw error;
    return { rows: new Map(), settings: new Map() };
  }
}
