/** `paramwise export`: the plan for MMEngine or PyTorch. */
import { CONFIG, type Command, type Given, JSON_OPTION, jsonText, MODEL, planOptions, required } from '../command.ts';
import { exportMmengine } from '../export/mmengine.ts';
import { exportPytorch } from '../export/pytorch.ts';
import { writeText } from '../files.ts';
import { ofMember } from '../members.ts';
import { planConfig } from '../planning.ts';
import { refuse } from '../refusal.ts';
import { warningText } from '../text/plan-text.ts';

const TARGETS = { mmengine: exportMmengine, pytorch: exportPytorch };
type TargetName = keyof typeof TARGETS;

export const exporting: Command = {
  name: 'export',
  about: 'write the plan as a config for MMEngine, or as parameter groups for PyTorch',
  parameters: [MODEL, CONFIG],
  options: [
    { flags: '--to <target>', about: `${Object.keys(TARGETS).join(' or ')} (required)` },
    {
      flags: '-o, --output <file>',
      about: 'the config (.py), or the plan (.json; its Python module is put beside it)',
    },
    { flags: '--json', about: `${JSON_OPTION.about}: the files written, and notes` },
  ],
  examples: [
    ['paramwise export --to mmengine vit.json.gz config.yaml -o vit_optim.py', 'a config that MMEngine loads'],
    ['paramwise export --to pytorch vit.json.gz config.py -o plan.json', 'plan.json and paramwise_groups.py'],
  ],
  async run(given, { out, err }) {
    const target = targetOf(given);
    const output = given.output;
    if (typeof output !== 'string') return refuse('missing: --output, the file to write');
    const planned = await planConfig(required(given, 'model'), required(given, 'config'), planOptions(given));
    const { files, notes } = TARGETS[target](planned, output);
    for (const { path, text } of files) writeText(path, text);
    const ofPlans = planned.members.flatMap(({ name, plan }) => {
      return planned.isSeveral ? ofMember(name, plan.warnings) : plan.warnings;
    });
    const warnings = [...planned.warnings, ...ofPlans];
    if (given.json) out(jsonText({ files: files.map(({ path }) => path), notes, warnings }));
    else err(`${files.map(({ path }) => `wrote ${path}\n`).join('')}${warningText([...notes, ...warnings])}`);
    return 0;
  },
};

function targetOf({ to }: Given): TargetName {
  if (typeof to === 'string' && Object.hasOwn(TARGETS, to)) return to as TargetName;
  return refuse(`--to ${String(to ?? '')}: give one of ${Object.keys(TARGETS).join(', ')}`);
}
