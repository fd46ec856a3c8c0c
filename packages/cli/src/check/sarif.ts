/** Findings as SARIF, which code hosts read. Source: SARIF 2.1.0 (OASIS), sections 3.13 to 3.27. */
import { isAbsolute, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Problem, RULES, type RuleName } from './problem.ts';

const SCHEMA = 'https://json.schemastore.org/sarif-2.1.0.json';
const RULE_NAMES = Object.keys(RULES) as RuleName[];

/**
 * One run of the tool.
 *
 * @param root files below it are named from there, which is how a code host finds them in a repository.
 */
export function sarifLog(problems: readonly Problem[], version: string, root: string): object {
  return {
    $schema: SCHEMA,
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'paramwise',
            semanticVersion: version,
            rules: RULE_NAMES.map((id) => ({ id, shortDescription: { text: RULES[id] } })),
          },
        },
        columnKind: 'utf16CodeUnits',
        originalUriBaseIds: { ROOT: { uri: `${pathToFileURL(resolve(root)).href}/` } },
        results: problems.map((problem) => resultOf(problem, root)),
      },
    ],
  };
}

function resultOf({ rule, level, message, file, line }: Problem, root: string): object {
  const region = { startLine: line };
  return {
    ruleId: rule,
    ruleIndex: RULE_NAMES.indexOf(rule),
    level,
    message: { text: message },
    locations: [{ physicalLocation: { artifactLocation: artifactOf(file, root), region } }],
  };
}

function artifactOf(file: string, root: string): object {
  const path = relative(resolve(root), resolve(file));
  if (path.startsWith('..') || isAbsolute(path)) return { uri: pathToFileURL(resolve(file)).href };
  return { uri: path.split(/[\\/]/).map(encodeURIComponent).join('/'), uriBaseId: 'ROOT' };
}
