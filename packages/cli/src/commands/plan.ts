/** `paramwise plan`: the settings of every parameter. */
import { CONFIG, type Command, JSON_OPTION, MODEL, required } from '../command.ts';
import { planJson } from '../plan-json.ts';
import { planFiles } from '../planning.ts';

export const plan: Command = {
  name: 'plan',
  about: 'show which rate and decay every parameter gets, and by which rule',
  parameters: [MODEL, CONFIG],
  options: [JSON_OPTION],
  examples: [
    ['paramwise plan resnet50.json.gz config.py', 'the plan as a tree, with totals and warnings'],
    ['paramwise plan --model vit.safetensors --config config.yaml --json', 'the groups as JSON'],
  ],
  async run(given, { out }) {
    const { plan } = await planFiles(required(given, 'model'), required(given, 'config'));
    out(`${JSON.stringify(planJson(plan), null, 2)}\n`);
    return 0;
  },
};
