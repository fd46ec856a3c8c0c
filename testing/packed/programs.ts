/** Ten steps of training, as a project of one's own would write them in each kind of file. All print the same. */

const TRAINING = `
manualSeed(0);
const model = new nn.Sequential({ backbone: new nn.Linear(4, 8), head: new nn.Linear(8, 1) });
const wrapper = buildOptimWrapper(model, {
  optimizer: { type: 'AdamW', lr: 0.05 },
  paramwise_cfg: { custom_keys: { backbone: { lr_mult: 0.1 } } },
});
const inputs = keep(randn([16, 4]));
const losses = [];
for (let step = 0; step < 10; step++)
  tidy(() => {
    const loss = model.forward(inputs).square().mean();
    losses.push(Number(loss.item()));
    wrapper.updateParams(loss);
  });
console.log(JSON.stringify({ first: losses[0], last: losses.at(-1), rates: wrapper.getLr().lr }));
`;

const NAMES = '{ buildOptimWrapper, keep, manualSeed, nn, randn, tidy }';
const TYPED = `${TRAINING.replace('losses = []', 'losses: number[] = []')}
// @ts-expect-error the package has types, so this is no text
export const rate: string = wrapper.getLr();
`;

const ESM = `import ${NAMES} from '@paramwise/torch';\n`;

export const PROGRAMS: Readonly<Record<string, string>> = {
  'esm.mjs': ESM + TRAINING,
  'common.cjs': `const ${NAMES} = require('@paramwise/torch');\n${TRAINING}`,
  'nodenext/module.mts': ESM + TYPED,
  'nodenext/common.cts': ESM + TYPED,
  'bundler/module.ts': ESM + TYPED,
};

const tsconfig = (module: string, moduleResolution: string) =>
  JSON.stringify({
    compilerOptions: { module, moduleResolution, target: 'ES2022', strict: true, outDir: 'out', types: [] },
    include: ['*'],
  });

export const TSCONFIGS: Readonly<Record<string, string>> = {
  'nodenext/tsconfig.json': tsconfig('nodenext', 'nodenext'),
  'bundler/tsconfig.json': tsconfig('esnext', 'bundler'),
};
