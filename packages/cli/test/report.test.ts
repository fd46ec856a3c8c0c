/** The report as text: what stands in the page, and that nothing of it can be run. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ReportData } from '../src/report/data.ts';
import { metricsCharts, readMetrics } from '../src/report/metrics.ts';
import { distinctColours } from '../src/report/page/colours.ts';
import { makeSearch, nextSorting, readRows, sortRows } from '../src/report/page/rows.ts';
import { buildTree } from '../src/report/page/tree.ts';
import { renderReport } from '../src/report.ts';
import { layers, metricsText, OPTIMIZER, planOf, wideModel } from './report-models.ts';
import { run, scratchFolder } from './run.ts';

/** The page's data, read back as a browser does: the text up to the first end tag. */
function dataOf(page: string): ReportData {
  const start = '<script type="application/json" id="data">';
  const from = page.indexOf(start) + start.length;
  return JSON.parse(page.slice(from, page.indexOf('</script', from))) as ReportData;
}

const HOSTILE = [
  '<img src=x onerror=alert(1)>',
  '</script><script>alert(1)</script>',
  '<!-- data -->',
  '$& {{x}} "\' &amp;',
];

describe('renderReport', () => {
  it.each(HOSTILE)('keeps %s as text, in names and in the title', (name) => {
    const model = layers([name]);
    const custom_keys = { [name]: { lr_mult: 0.1 }, [`absent ${name}`]: { lr_mult: 2 } };
    const page = renderReport({ title: name, plan: planOf(model, { custom_keys }), model });
    const data = dataOf(page);
    expect(data.title).toBe(name);
    expect(data.params.path).toEqual([`${name}.weight`, `${name}.bias`]);
    expect(data.warnings.join()).toContain(JSON.stringify(`absent ${name}`));
    // One data block and one script, whatever the names are.
    expect(page.match(/<script[ >]/gi)).toHaveLength(2);
    expect(page.match(/<\/script/gi)).toHaveLength(2);
    expect(page.match(/<img/gi)).toBeNull();
  });

  it('asks nothing of any network and allows its own script and style alone', () => {
    const page = renderReport({ title: 'net', plan: planOf(layers(['a']), {}) });
    const policy = /content="(default-src[^"]*)"/.exec(page)?.[1];
    expect(policy).toMatch(
      /^default-src 'none'; script-src 'sha256-\S+'; style-src 'sha256-\S+'; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'$/,
    );
    const markup = page.replace(/<(script|style)\b[\s\S]*?<\/\1>/g, '');
    expect(markup).not.toMatch(/\s(src|on\w+)=/);
    expect(markup.match(/href="[^"]*"/g)).toEqual(['href="#parameters"']);
  });

  it('gives the same text for the same input', () => {
    const make = () => {
      const model = wideModel(100);
      const metrics = readMetrics(metricsText());
      return renderReport({ title: 'net', plan: planOf(model, { norm_decay_mult: 0 }), model, metrics });
    };
    expect(make()).toBe(make());
  });

  it('stays small: ten thousand parameters in under two megabytes', () => {
    const model = wideModel(10_000);
    const plan = planOf(model, {
      norm_decay_mult: 0,
      bias_decay_mult: 0,
      custom_keys: { 'blocks.7': { lr_mult: 0.1 } },
    });
    const page = renderReport({ title: 'wide', plan, model });
    expect(dataOf(page).params.path).toHaveLength(10_000);
    expect(page.length).toBeLessThan(2e6);
  });

  it('tells settings, rules, groups and reasons of each parameter', () => {
    const model = layers(['stem', 'head']);
    const plan = planOf(model, {
      bias_decay_mult: 0,
      custom_keys: { stem: { freeze: true }, 'head.w': { lr_mult: 2 } },
    });
    const { params, texts, groups, elements } = dataOf(renderReport({ title: 'net', plan, model }));
    expect(params.path).toEqual(['stem.weight', 'stem.bias', 'head.weight', 'head.bias']);
    expect(params.lr).toEqual([null, null, 0.002, 0.001]);
    expect(params.decay).toEqual([null, null, 0.05, 0]);
    expect(params.group.map((index) => groups[index]?.lr)).toEqual([undefined, undefined, 0.002, 0.001]);
    expect(params.rule.map((index) => texts[index])).toEqual([
      'custom_keys["stem"]',
      'custom_keys["stem"]',
      'custom_keys["head.w"]',
      'bias_decay_mult',
    ]);
    expect(params.reasons[0]!.map((index) => texts[index])).toEqual(['custom_keys["stem"] freezes it']);
    expect(elements).toEqual({ all: 40, trained: 20 });
  });
});

describe('a metrics file', () => {
  it('becomes a chart a metric, thinned without losing a spike', () => {
    const charts = metricsCharts(readMetrics(metricsText()));
    expect(charts.map(({ title }) => title)).toEqual(['Loss', 'Gradient norm', 'Learning rate', 'Accuracy']);
    const [tuned, plain] = charts[0]!.series;
    expect(tuned!.x.length).toBeLessThan(700);
    expect([tuned!.x[0], tuned!.x.at(-1)]).toEqual([0, 1999]);
    expect(Math.max(...tuned!.y.map(Number))).toBe(50);
    expect(plain!.y).toEqual([2, null, 1]);
    expect(charts[3]!.series.map(({ name, x, y }) => ({ name, x, y }))).toEqual([
      { name: 'tuned', x: [1999], y: [0.91] },
    ]);
  });

  it('may have NaN, as Python writes it, and MMEngine’s fields', () => {
    const text = '{"step": 7, "loss": NaN, "note": "NaN"}\n\n{"iter": 8, "loss": 0.5, "lr": Infinity}\n';
    expect(readMetrics(text)).toEqual([
      { step: 7, loss: null, note: 'NaN' },
      { iter: 8, loss: 0.5, lr: null },
    ]);
    expect(metricsCharts(readMetrics(text))[0]!.series[0]).toMatchObject({ x: [7, 8], y: [null, 0.5] });
  });

  it('is refused with the number of the line', () => {
    expect(() => readMetrics('{"loss": 1}\nloss 2\n')).toThrow('line 2 is not a JSON object: loss 2');
    expect(() => readMetrics('[1]')).toThrow('line 1 is not a JSON object: [1]');
  });
});

describe('rows', () => {
  const model = layers(['layer2', 'layer10', 'head']);
  const plan = planOf(model, { bias_decay_mult: 0, custom_keys: { head: { lr_mult: 10 } } });
  const rows = readRows(dataOf(renderReport({ title: 'net', plan, model })));
  const paths = (found: readonly { path: string }[]) => found.map(({ path }) => path);
  const find = (query: string) => paths(rows.filter(makeSearch(rows)(query)));

  it('are found by all words of a query: path, class, shape, rule, exact values', () => {
    expect(find('')).toHaveLength(6);
    expect(find('HEAD  bias')).toEqual(['head.bias']);
    expect(find('4x4 linear layer')).toEqual(['layer2.weight', 'layer10.weight']);
    expect(find('bias_decay')).toEqual(['layer2.bias', 'layer10.bias']);
    expect(find('lr=0.01')).toEqual(['head.weight', 'head.bias']);
    expect(find('lr=0.0')).toEqual([]);
    expect(find('decay=0')).toEqual(['layer2.bias', 'layer10.bias']);
    expect(find('nothing')).toEqual([]);
  });

  it('are sorted up, down, and back into the model’s order', () => {
    const up = nextSorting({ key: undefined, descending: false }, 'path');
    const down = nextSorting(up, 'path');
    expect(paths(sortRows(rows, up)).slice(0, 3)).toEqual(['head.bias', 'head.weight', 'layer2.bias']);
    expect(paths(sortRows(rows, down))[0]).toBe('layer10.weight');
    expect(sortRows(rows, nextSorting(down, 'path'))).toEqual(rows);
    expect(paths(sortRows(rows, { key: 'lr', descending: true })).slice(0, 2)).toEqual(['head.weight', 'head.bias']);
  });

  it('make the module tree, a module in a module as one', () => {
    const wide = wideModel(20);
    const tree = buildTree(
      readRows(dataOf(renderReport({ title: 'net', plan: planOf(wide, {}), model: wide }))),
      'net',
    );
    expect(tree).toMatchObject({ name: 'net', params: 20, elements: 200 });
    expect(tree.children.map(({ name }) => name)).toEqual(['blocks']);
    expect(tree.children[0]!.children.map(({ path, params }) => [path, params])).toEqual([
      ['blocks.0', 10],
      ['blocks.1', 10],
    ]);
  });

  it('have colours of their own, however many classes there are', () => {
    for (const count of [1, 8, 9, 40]) {
      expect(new Set(distinctColours(count).map(({ light }) => light)).size).toBe(count);
    }
  });
});

describe('paramwise report', () => {
  const modelJson = {
    format: 'paramwise-model/1',
    name: '<b>net</b>',
    root: {
      id: 0,
      types: ['Net'],
      params: [{ name: 'weight', id: 0, shape: [2, 2], requires_grad: true }],
      children: [],
    },
  };
  const scheduler = [
    { type: 'LinearLR', by_epoch: false, end: 10 },
    { type: 'CosineAnnealingLR', by_epoch: false, begin: 10, T_max: 40 },
  ];

  function files(config: object) {
    const folder = scratchFolder();
    const write = (name: string, text: string) => {
      writeFileSync(join(folder, name), text);
      return join(folder, name);
    };
    return {
      model: write('model.json', JSON.stringify(modelJson)),
      config: write('config.json', JSON.stringify({ optim_wrapper: { optimizer: OPTIMIZER }, ...config })),
      metrics: write('metrics.jsonl', metricsText()),
      bad: write('bad.jsonl', '{"loss": 1}\nloss\n'),
      output: join(folder, 'new/report.html'),
    };
  }

  it('writes the page, schedules until they have ended', async () => {
    const { model, config, metrics, output } = files({ param_scheduler: scheduler });
    const { code, out, err } = await run('report', model, config, '-o', output, '--metrics', metrics);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(/report\.html: \d+ KiB\n$/);
    const { title, charts } = dataOf(readFileSync(output, 'utf8'));
    expect(title).toBe('<b>net</b>');
    expect(charts.map(({ section }) => section)).toEqual(['schedule', 'run', 'run', 'run', 'run']);
    expect(charts[0]!.series).toHaveLength(1);
    expect(charts[0]!.series[0]!.x.at(-1)).toBe(50);
  });

  it('takes the number of steps', async () => {
    const { model, config, output } = files({ param_scheduler: scheduler });
    await run('report', model, config, '-o', output, '--steps', '7');
    expect(dataOf(readFileSync(output, 'utf8')).charts[0]!.series[0]!.x).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });

  it('refuses a bad metrics file and a schedule that lacks the length of an epoch', async () => {
    const { model, config, bad, output } = files({
      param_scheduler: { type: 'CosineAnnealingLR', T_max: 3, convert_to_iter_based: true },
    });
    const missing = await run('report', model, config, '-o', output);
    expect(missing).toMatchObject({ code: 2, out: '' });
    expect(missing.err).toContain('convert_to_iter_based needs the iterations of an epoch; give --epoch-length');
    const damaged = await run('report', model, config, '-o', output, '--epoch-length', '5', '--metrics', bad);
    expect(damaged.code).toBe(2);
    expect(damaged.err).toContain('bad.jsonl: line 2 is not a JSON object: loss');
    expect(existsSync(output)).toBe(false);
  });
});
