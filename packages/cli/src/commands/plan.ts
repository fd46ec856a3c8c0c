/** `paramwise plan`: the settings of every parameter. */
import {
  CONFIG,
  CONFIG_OPTIONS,
  type Command,
  JSON_OPTION,
  jsonText,
  MODEL,
  readOptions,
  required,
} from '../command.ts';
import { planJson } from '../plan-json.ts';
import { planFiles } from '../planning.ts';
import { planText, warningText } from '../text/plan-text.ts';

export const plan: Command = {
  name: 'plan',
  about: 'show which rate and decay every parameter gets, and by which rule',
  parameters: [MODEL, CONFIG],
  options: [...CONFIG_OPTIONS, JSON_OPTION, { flags: '--full', about: 'give every parameter a line: fold no modules' }],
  examples: [
    ['paramwise plan resnet50.json.gz config.py', 'the plan as a tree, with totals and warnings'],
    ['paramwise plan --model vit.safetensors --config config.yaml --json', 'the groups as JSON'],
  ],
  async run(given, { out, err, paint }) {
    const { plan, modelName } = await planFiles(
      required(given, 'model'),
      required(given, 'config'),
      readOptions(given),
    );
    if (given.json) {
      out(jsonText(planJson(plan)));
      return 0;
    }
    out(planText(modelName, plan, { paint, isFull: given.full === true }));
    err(warningText(plan.warnings));
    return 0;
  },
};
