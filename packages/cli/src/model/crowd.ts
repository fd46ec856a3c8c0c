/** JSON about tensors that is too much to be parsed: small in bytes, it can take many times as much memory. */
import { refuse } from '../refusal.ts';
import { MAX_TENSORS } from './tensors.ts';

/** More brackets and commas than these are not about so many tensors. */
const MAX_BRACKETS = 4 * MAX_TENSORS;
const MAX_COMMAS = 20 * MAX_TENSORS;

const OPEN_LIST = '['.charCodeAt(0);
const OPEN_MAPPING = '{'.charCodeAt(0);
const COMMA = ','.charCodeAt(0);

/** @throws Refusal for JSON of more values than those of the largest models. */
export function refuseCrowd(json: Buffer): void {
  let tensors = 0;
  for (let at = json.indexOf('"data_offsets"'); at >= 0; at = json.indexOf('"data_offsets"', at + 1)) tensors++;
  if (tensors > MAX_TENSORS) refuse(`it has ${tensors} tensors; at most ${MAX_TENSORS} are read`);
  let brackets = 0;
  let commas = 0;
  for (let at = 0; at < json.length; at++) {
    const byte = json[at];
    if (byte === OPEN_LIST || byte === OPEN_MAPPING) brackets++;
    else if (byte === COMMA) commas++;
  }
  if (brackets > MAX_BRACKETS || commas > MAX_COMMAS) {
    refuse(`it holds more than the names and shapes of ${MAX_TENSORS} tensors`);
  }
}
