/** The payload of a push: an argument, a file, or standard input. */
import { stat } from 'node:fs/promises';
import { utf8 } from '../lib/bytes.ts';
import type { Bytes } from '../types.ts';
import { CliError, fileError, misuse } from './failure.ts';
import { called, takeInput } from './input.ts';
import { count, many } from './layout.ts';
import type { Terminal } from './term.ts';

/** Where it may come from; `file`: `-` for standard input. */
export interface PayloadSource {
  readonly text: string | undefined;
  readonly file: string | undefined;
  /** What the option for the file is called. */
  readonly option: string;
}

/** Octets that are read before it is clear that nothing carries them. */
const READ_AT_MOST = 65_536;

function tooLarge(name: string, size: string, over: string, most: number): Error {
  return new CliError(
    `The payload (${name}) is too large: it has ${size}, a push message carries at `
      + `most ${count(most)}; send ${over} less, or let the page fetch the rest`,
  );
}

function checkSize(name: string, length: number, most: number): void {
  if (length > most) throw tooLarge(name, many(length, 'byte'), many(length - most, 'byte'), most);
}

/** A file's size, where it has one that says something: pipes and devices do not. */
async function sizeOf(file: string): Promise<number> {
  try {
    const facts = await stat(file);
    return facts.isFile() ? facts.size : 0;
  } catch (error) {
    throw fileError(`Cannot read ${file}`, error);
  }
}

async function readFrom(file: string, terminal: Terminal, most: number): Promise<Bytes> {
  const name = called(file);
  if (file !== '-') checkSize(name, await sizeOf(file), most);
  const { bytes, more } = await takeInput(file, terminal, READ_AT_MOST);
  if (more) throw tooLarge(name, `more than ${many(READ_AT_MOST, 'byte')}`, 'much', most);
  checkSize(name, bytes.length, most);
  return bytes;
}

/** The payload's bytes, at most `most`; standard input when nothing else is said. */
export async function readPayload(
  { text, file, option }: PayloadSource,
  terminal: Terminal,
  most: number,
): Promise<Bytes> {
  if (text !== undefined && file !== undefined) {
    throw misuse(`The payload is given twice: as text and by --${option}; give one of them`);
  }
  if (text === undefined) return readFrom(file ?? '-', terminal, most);
  const bytes = utf8(text);
  checkSize('the text', bytes.length, most);
  return bytes;
}
