/** The parts of sending to many that have no process: lines, rows, sets of rows, results, progress. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readLines } from '../../src/cli/lines.ts';
import { lock } from '../../src/cli/lock.ts';
import { barLines, createRate, plainLine } from '../../src/cli/progress.ts';
import { readRecord } from '../../src/cli/record.ts';
import { createResults } from '../../src/cli/results.ts';
import type { Sink } from '../../src/cli/results.ts';
import { createRowSet, isRow } from '../../src/cli/row_set.ts';
import { isBad, readRow } from '../../src/cli/rows.ts';

const files = suite('cli files');
let folder = '';

files.before(() => {
  folder = mkdtempSync(join(tmpdir(), 'subtle-push-files-'));
});

files.after(() => rmSync(folder, { recursive: true, force: true }));

async function* pieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.slice(at, at + size);
}

async function linesOf(text: string, size: number): Promise<[number, string | undefined, number, boolean][]> {
  const found: [number, string | undefined, number, boolean][] = [];
  for await (const { number, bytes, start, ended } of readLines(pieces(Buffer.from(text), size))) {
    found.push([number, bytes && Buffer.from(bytes).toString(), start, ended]);
  }
  return found;
}

files('lines, wherever their file is cut into pieces', async () => {
  const text = 'ä\n\nlonger line\r\n👋\nno end';
  const wanted = [[1, 'ä', 0, true], [2, '', 3, true], [3, 'longer line\r', 4, true], [4, '👋', 17, true], [5, 'no end', 22, false]];
  for (let size = 1; size < 30; size++) assert.equal(await linesOf(text, size), wanted, `${size}`);
  assert.equal(await linesOf('', 5), []);
  assert.equal(await linesOf('\n', 5), [[1, '', 0, true]]);
});

files('a line that is too long is passed over, and the next one is right', async () => {
  const text = `${'x'.repeat(262_145)}\n${'y'.repeat(262_144)}\nz`;
  for (const size of [1000, 65_536, 1_000_000]) {
    const [first, second, third] = await linesOf(text, size);
    assert.equal(first, [1, undefined, 0, true]);
    assert.is(second?.[1]?.length, 262_144);
    assert.equal(third, [3, 'z', 262_146 + 262_145, false]);
  }
});

files('a set of rows: what is added, what is taken out, whole pages', () => {
  const set = createRowSet();
  const page = 32_768;
  for (const row of [1, 7, 8, page - 1, page, page + 1, 2 ** 40]) set.add(row);
  set.add(7);
  assert.is(set.size(), 7);
  assert.ok(set.has(2 ** 40));
  assert.not.ok(set.has(2));
  assert.ok(set.remove(7));
  assert.not.ok(set.remove(7));
  assert.not.ok(set.has(7));
  for (let row = 2 * page; row < 3 * page; row++) set.add(row);
  assert.ok(set.has(2 * page + 5));
  assert.ok(set.remove(2 * page + 5));
  assert.not.ok(set.has(2 * page + 5));
  assert.ok(set.has(2 * page + 6));
  assert.is(set.size(), 6 + page - 1);
});

files('a set of four million rows in order takes next to no memory', () => {
  const before = process.memoryUsage();
  const set = createRowSet();
  for (let row = 1; row <= 4_000_000; row++) set.add(row);
  const after = process.memoryUsage();
  assert.is(set.size(), 4_000_000);
  assert.ok(after.arrayBuffers - before.arrayBuffers < 1_048_576);
});

files('numbers that are no rows', () => {
  for (const value of [0, -1, 1.5, NaN, 2 ** 40 + 1, '1', null, undefined]) assert.not.ok(isRow(value));
  assert.ok(isRow(1));
});

function rowOf(text: string): unknown {
  return readRow({ number: 3, bytes: Buffer.from(text), start: 0, ended: true });
}

files('rows: bare, flat and wrapped; ids; the fault of a bad one', () => {
  const keys = { p256dh: 'a', auth: 'b' };
  assert.equal(rowOf(JSON.stringify({ endpoint: 'https://x.example/', keys })), {
    number: 3, id: undefined, subscription: { endpoint: 'https://x.example/', keys },
  });
  assert.equal(rowOf('{"id": 5, "endpoint": "https://x.example/", "p256dh": "a", "auth": "b", "payload": 1}'), {
    number: 3, id: 5, subscription: { id: 5, endpoint: 'https://x.example/', ...keys, payload: 1 },
  });
  const wrapped = { id: 'x', subscription: { endpoint: 'e' }, payload: { a: 1 }, options: { ttl: 1, expires: '2030-01-31T12:00:00Z' } };
  assert.equal(rowOf(JSON.stringify(wrapped)), {
    number: 3, id: 'x', subscription: { endpoint: 'e' }, payload: '{"a":1}',
    options: { ttl: 1, expires: Date.UTC(2030, 0, 31, 12) },
  });
  const bad: [string, RegExp][] = [
    ['', /not JSON/], ['[1]', /no object/], ['null', /no object/], ['{}', /it has no endpoint/],
    ['{"subscription": null}', /its subscription has no endpoint/],
    ['{"subscription": {"endpoint": 5}}', /its subscription has no endpoint/],
    ['{"subscription": {"endpoint": "e"}, "options": []}', /options is an object with some of/],
    ['{"subscription": {"endpoint": "e"}, "options": {"expires": "soon"}}', /expires is a date/],
    ['{"__proto__": {"endpoint": "e"}}', /it has no endpoint/],
  ];
  for (const [text, words] of bad) {
    const row = readRow({ number: 1, bytes: Buffer.from(text), start: 0, ended: true });
    assert.ok(isBad(row), text);
    if (isBad(row)) assert.match(row.error.message, words);
  }
  const latin = readRow({ number: 1, bytes: new Uint8Array([0x22, 0xff, 0x22]), start: 0, ended: true });
  assert.match(isBad(latin) ? latin.error.message : '', /not text in UTF-8/);
});

/** A sink that keeps what it gets, and resolves when it is told to. */
function fakeSink(name: string, log: string[], until: Promise<void> = Promise.resolve()): Sink {
  return {
    append: async (text) => {
      log.push(`${name} ${text.split('\n').length - 1}`);
      await until;
    },
    close: async () => void log.push(`${name} closed`),
  };
}

function unwanted(error: unknown): void {
  assert.unreachable(String(error));
}

const OK = { row: 1, ok: true, status: 201, attempts: 1 };
const DEAD = { row: 2, ok: false, error: { code: 'ERR_SUBSCRIPTION_GONE' } };

files('results are on disk after a hundred, what is to be deleted before them', async () => {
  const log: string[] = [];
  const results = createResults(fakeSink('results', log), fakeSink('prune', log), unwanted);
  for (let i = 0; i < 98; i++) assert.is(results.add(OK, false), undefined);
  assert.is(results.add(DEAD, true), undefined);
  assert.equal(log, []);
  await results.add(OK, false);
  await results.flush();
  assert.equal(log, ['prune 1', 'results 100']);
  results.add(OK, false);
  await results.flush();
  assert.equal(log.slice(2), ['results 1']);
});

files('a second hundred waits until the first is on disk', async () => {
  const log: string[] = [];
  let written = (): void => undefined;
  const slow = new Promise<void>((done) => (written = done));
  const results = createResults(fakeSink('results', log, slow), undefined, unwanted);
  const hundred = (): Promise<void> | undefined => {
    for (let i = 0; i < 99; i++) results.add(OK, false);
    return results.add(OK, false);
  };
  await hundred();
  let done = false;
  const second = hundred()?.then(() => (done = true));
  for (let i = 0; i < 10; i++) await Promise.resolve();
  assert.not.ok(done);
  assert.equal(log, ['results 100']);
  written();
  await second;
  await results.flush();
  assert.equal(log, ['results 100', 'results 100']);
});

files('a single result is on disk without another one coming', async () => {
  let came = (): void => undefined;
  const appended = new Promise<void>((done) => (came = done));
  const sink: Sink = { append: async () => came(), close: async () => undefined };
  const results = createResults(sink, undefined, unwanted);
  results.add(OK, false);
  await appended;
  await results.flush();
});

files('a disk that fails is told, also where nobody waits for it', async () => {
  const full: Sink = { append: () => Promise.reject(new Error('full')), close: async () => undefined };
  let told: unknown;
  const failed = new Promise<void>((done) => {
    const results = createResults(full, undefined, (error) => {
      told = error;
      done();
    });
    results.add(OK, false);
  });
  await failed;
  assert.is(told instanceof Error && told.message, 'full');
  const results = createResults(full, undefined, () => undefined);
  let wait: Promise<void> | undefined;
  for (let i = 0; i < 200; i++) wait = results.add(OK, false);
  assert.is(await wait?.catch((error: Error) => error.message), 'full');
  assert.is(await results.flush().catch((error: Error) => error.message), 'full');
});

function write(name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}

files('a results file of any length is cut off anywhere and read again', async () => {
  const line = '{"row":1,"id":"ä","ok":true,"status":201}\n{"row":2,"ok":false,"error":{"name":"PushError","code":"ERR_REJECTED"}}\n';
  const bytes = Buffer.from(line);
  const first = line.indexOf('\n') + 2;
  for (let cut = 0; cut <= bytes.length; cut++) {
    const file = write('cut.ndjson', '');
    writeFileSync(file, bytes.subarray(0, cut));
    const { rows } = await readRecord(file, { retryFailed: false, dead: () => undefined });
    const wanted = cut >= bytes.length - 1 ? 2 : cut >= first - 1 ? 1 : 0;
    assert.is(rows.size(), wanted, `${cut}`);
    const left = readFileSync(file, 'utf8');
    assert.ok(left === '' || left.endsWith('}\n'), `${cut}`);
    assert.is(left.split('\n').length - 1, wanted);
  }
});

files('the last result of a row counts', async () => {
  const failure = (code: string): string =>
    `{"row":1,"ok":false,"attempts":2,"error":{"name":"PushError","code":"${code}"}}\n`;
  const file = write('twice.ndjson', `${failure('ERR_TIMEOUT')}${failure('ERR_NETWORK')}{"row":1,"ok":true}\n${failure('ERR_TIMEOUT')}`);
  const { rows, ok, codes } = await readRecord(file, { retryFailed: false, dead: () => undefined });
  assert.equal([rows.size(), ok, codes], [1, 1, {}]);
  const open = write('open.ndjson', `${failure('ERR_TIMEOUT')}${failure('ERR_NETWORK')}`);
  const still = await readRecord(open, { retryFailed: false, dead: () => undefined });
  assert.equal([still.rows.size(), still.ok, still.codes], [1, 0, { ERR_NETWORK: 1 }]);
  const again = await readRecord(open, { retryFailed: true, dead: () => undefined });
  assert.equal([again.rows.size(), again.ok, again.codes], [0, 0, {}]);
});

files('samples stay few, however many rows there are', async () => {
  const text = Array.from({ length: 20_000 }, (_, i) => `{"row":${i + 1},"id":${i + 1},"ok":true}\n`).join('');
  const { samples, rows } = await readRecord(write('many.ndjson', text), { retryFailed: false, dead: () => undefined });
  assert.is(rows.size(), 20_000);
  assert.ok(samples.size > 512 && samples.size <= 2048, `${samples.size}`);
  for (const [row, name] of samples) assert.is(name, String(row));
});

files('a lock: held by who runs, taken from who was killed or has another start', () => {
  const file = join(folder, 'locked');
  const unlock = lock(file);
  assert.match(readFileSync(`${file}.lock`, 'utf8'), new RegExp(`^${process.pid} `));
  unlock();
  for (const stale of ['', 'garbage', `${process.pid} x\n`, '999999999 1 boot\n', '1 0 another-start-of-the-machine\n']) {
    if (process.platform !== 'linux' && stale.startsWith('1 ')) continue;
    writeFileSync(`${file}.lock`, stale);
    lock(file)();
  }
  writeFileSync(`${file}.lock`, `${process.ppid}\n`);
  assert.throws(() => lock(file), new RegExp(`in use by process ${process.ppid}: wait for it, or, if that is no subtle-push, delete`));
});

const VIEW = {
  done: 610_000, made: 610_000, total: 1_000_000, about: true, ok: 598_200,
  codes: { ERR_SUBSCRIPTION_GONE: 9100, ERR_RATE_LIMITED: 2700 }, retries: 1, flying: 256,
};

files('the lines of progress', () => {
  assert.is(plainLine(VIEW, 4210), '610,000 of about 1,000,000 rows, 598,200 ok, 9,100 gone, 2,700 rate limited, '
    + '1 retry, 256 under way, 4,210/s, 1 minute 33 seconds left');
  const [bar = '', counts] = barLines(VIEW, 4210, 100);
  assert.match(bar, /^\[#+-+\] {2}61% 610,000 of about 1,000,000 rows {2}4,210\/s {2}1 minute 33 seconds left$/);
  assert.is(counts, ' 598,200 ok  9,100 gone  2,700 rate limited  1 retry  256 under way');
  for (const columns of [20, 40, 80]) {
    for (const line of barLines(VIEW, 4210, columns)) assert.ok(line.length < columns);
  }
  assert.equal(barLines({ ...VIEW, total: undefined, flying: 0, retries: 0, codes: {} }, 0.5, 80), [
    ' 610,000 rows  0.5/s', ' 598,200 ok',
  ]);
});

files('the rate is that of the last ten seconds', () => {
  const rate = createRate();
  assert.is(rate(0, 0), 0);
  assert.is(rate(100, 1000), 100);
  for (let second = 2; second <= 60; second++) rate(100, second * 1000);
  assert.is(rate(100, 61_000), 0);
  assert.is(Math.round(rate(200, 62_000)), 9);
});

files.run();
