/** `paramwise plan`: the settings of every parameter. */
import { CONFIG, type Command, JSON_OPTION, jsonText, MODEL, planOptions, required } from '../command.ts';
import { ofMember } from '../members.ts';
import { membersPlanJson, planJson } from '../plan-json.ts';
import { planConfig } from '../planning.ts';
import { planText, warningText } from '../text/plan-text.ts';

export const plan: Command = {
  name: 'plan',
  about: 'show which rate and decay every parameter gets, and by which rule',
  parameters: [MODEL, CONFIG],
  options: [JSON_OPTION, { flags: '--full', about: 'give every parameter a line: fold no modules' }],
  examples: [
    ['paramwise plan resnet50.json.gz config.py', 'the plan as a tree, with totals and warnings'],
    ['paramwise plan --model vit.safetensors --config config.yaml --json', 'the groups as JSON'],
  ],
  async run(given, { out, err, paint }) {
    const planned = await planConfig(required(given, 'model'), required(given, 'config'), planOptions(given));
    const { isSeveral, members, modelName } = planned;
    if (given.json) {
      out(jsonText(isSeveral ? membersPlanJson(planned) : planJson(members[0]!.plan)));
      return 0;
    }
    const options = { paint, isFull: given.full === true };
    for (const { name, plan } of members) {
      out(planText(isSeveral ? `${modelName}: ${name}` : modelName, plan, options));
      if (isSeveral && name !== members.at(-1)!.name) out('\n');
    }
    const ofPlans = members.flatMap(({ name, plan }) => (isSeveral ? ofMember(name, plan.warnings) : plan.warnings));
    err(warningText([...planned.warnings, ...ofPlans]));
    return 0;
  },
};
