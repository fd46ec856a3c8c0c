/** The text of config files, and what JSON and YAML make of it. */
import { readText } from '../files.ts';
import { reasonOf, refuse } from '../refusal.ts';
import { fillPlaceholders, markBasesInJson, markBasesInYaml } from './placeholders.ts';
import { parseYaml } from './yaml.ts';

/**
 * The text without a byte order mark, its placeholders filled in but for those of base values, which Python's reader reads.
 *
 * @throws Refusal
 */
export function configText(path: string): string {
  return fillPlaceholders(readText(path).replace(/^\ufeff/, ''), path);
}

/** @throws Refusal */
export function readYaml(path: string): unknown {
  return parsed(path, 'YAML that is read', (text) => parseYaml(markBasesInYaml(text)));
}

/** @throws Refusal */
export function readJson(path: string): unknown {
  return parsed(path, 'JSON', (text) => JSON.parse(markBasesInJson(text)) as unknown);
}

function parsed(path: string, what: string, parse: (text: string) => unknown): unknown {
  const text = configText(path);
  try {
    return parse(text);
  } catch (error) {
    return refuse(`${path}: this is not ${what}: ${reasonOf(error)}`, error);
  }
}
