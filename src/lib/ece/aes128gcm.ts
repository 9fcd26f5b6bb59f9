import type { Bytes } from '../../types.ts';
import { concat, zeros } from '../bytes.ts';
import { contentKeys, delimit, readHeader, refused, writeHeader } from '../records.ts';
import { AES128GCM } from '../webpush.ts';
import { decryptFailed } from './blocks.ts';
import type { OpenOptions, SealOptions } from './options.ts';
import { createSealing } from './seal.ts';
import type { ContentCoding, Flow } from './seal.ts';
import { createOpening } from './unseal.ts';

/** A record without padding has its delimiter in the spare octet, without a copy. */
function frame(data: Bytes, pad: number, last: boolean): Bytes {
  if (last || pad) return delimit(data.subarray(0, -1), pad, last);
  data[data.length - 1] = 1;
  return data;
}

const CONTENT: ContentCoding = {
  coding: AES128GCM, frame, explicit: contentKeys, maxRs: 2 ** 32 - 1, maxPad: Infinity, spare: 1,
};

export function sealAes128gcm(options: SealOptions, give: (part: Bytes) => void): Flow {
  return createSealing(
    CONTENT, options, ({ salt, rs, id }) => give(writeHeader(salt, rs, id)), give,
  );
}

export function openAes128gcm(options: OpenOptions, give: (data: Bytes) => void): Flow {
  const open = createOpening(CONTENT, options, give);
  let start = zeros(0);
  let flow: Flow | undefined;
  const write = async (bytes: Uint8Array): Promise<void> => {
    if (flow) return flow.write(bytes);
    start = concat([start, bytes]);
    const header = readHeader(start);
    if (header === 'short-header') return undefined;
    if (refused(header)) throw decryptFailed();
    flow = await open({ ...header, id: header.keyid });
    return flow.write(start.subarray(header.length));
  };
  const end = async (): Promise<void> => {
    if (!flow) throw decryptFailed();
    return flow.end();
  };
  return { write, end };
}
