import { buildOptimWrapper, explainParam, nn, planOf, planTable, randn, tidy, zeros } from '@paramwise/torch';

const backbone = new nn.Sequential(new nn.Conv2d(3, 8, 3), new nn.BatchNorm2d(8), new nn.AdaptiveAvgPool2d(1));
const model = new nn.Sequential({ backbone, flatten: new nn.Flatten(), head: new nn.Linear(8, 10) });
const wrapper = buildOptimWrapper(model, {
  optimizer: { type: 'AdamW', lr: 0.001, weight_decay: 0.05 },
  paramwise_cfg: { norm_decay_mult: 0, custom_keys: { backbone: { lr_mult: 0.1 } }, custom_keys_mode: 'compose' },
});
console.log(planTable(planOf(wrapper)!));
console.log(explainParam(planOf(wrapper)!, 'backbone.1.weight'));
const loss = () => nn.functional.mseLoss(model.forward(randn([4, 3, 8, 8])), zeros([4, 10]));
for (let step = 0; step < 10; step++) tidy(() => wrapper.updateParams(loss()));
