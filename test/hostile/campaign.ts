/** Hostile input by the thousand: nothing comes of it but documented errors, each within 50 ms. */
import { isPushError } from '../../src/errors.ts';
import { generator } from '../core_support.ts';
import type { Draw } from './mutate.ts';

/** Milliseconds for one input. */
const LIMIT = 50;

/** An input to try. */
export interface Trial {
  /** One byte, character or member away from a valid one. */
  readonly near: boolean;
  /** What it was, for the report. */
  readonly input: unknown;
  /** Throws what the library throws, or an Error for an outcome that must not be. */
  readonly run: () => unknown;
}

export interface Campaign {
  readonly name: string;
  /** The codes that may come of it. */
  readonly codes: readonly string[];
  readonly prepare: () => Promise<(draw: Draw) => Trial | Promise<Trial>>;
}

export interface Report {
  readonly tried: number;
  readonly near: number;
  readonly taken: number;
  readonly slowest: number;
  readonly codes: Readonly<Record<string, number>>;
}

function describe(input: unknown): string {
  if (input instanceof Uint8Array) return `bytes ${Array.from(input).join(' ').slice(0, 2000)}`;
  try {
    return JSON.stringify(input)?.slice(0, 2000) ?? String(input);
  } catch {
    return String(input);
  }
}

/** The code of the error that came, `'taken'` for none; and how long it took. */
async function attempt(trial: Trial): Promise<readonly [code: string, milliseconds: number]> {
  const start = performance.now();
  try {
    await trial.run();
    return ['taken', performance.now() - start];
  } catch (error) {
    if (!isPushError(error)) throw error;
    return [error.code, performance.now() - start];
  }
}

/** A machine that does other things meanwhile is slow once; slow input is slow every time. */
async function fairly(trial: Trial): Promise<readonly [code: string, milliseconds: number]> {
  let [code, milliseconds] = await attempt(trial);
  const enough = (): number => (milliseconds > LIMIT ? 50 : 4);
  for (let again = 0; again < enough() && milliseconds > LIMIT / 10; again++) {
    milliseconds = Math.min(milliseconds, (await attempt(trial))[1]);
  }
  return [code, milliseconds];
}

export async function run(campaign: Campaign, count: number, seed: number): Promise<Report> {
  const draw = generator(seed);
  const next = await campaign.prepare();
  const codes: Record<string, number> = {};
  let [near, slowest] = [0, 0];
  for (let i = 0; i < count; i++) {
    const trial = await next(draw);
    const fail = (what: unknown): never => {
      const where = `${campaign.name}, seed ${seed}, number ${i}`;
      throw new Error(`${where}: ${String(what)}\n${describe(trial.input)}`, { cause: what });
    };
    const [code, milliseconds] = await fairly(trial).catch(fail);
    if (code !== 'taken' && !campaign.codes.includes(code)) fail(code);
    if (milliseconds > LIMIT) fail(`took ${milliseconds} ms`);
    codes[code] = (codes[code] ?? 0) + 1;
    near += Number(trial.near);
    slowest = Math.max(slowest, milliseconds);
  }
  const { taken = 0, ...refused } = codes;
  return { tried: count, near, taken, slowest, codes: refused };
}
