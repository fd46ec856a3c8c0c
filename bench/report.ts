/**
 * How long does the report take to open, and to answer a search? Prints medians, measured inside the page in headless
 * Chromium: from the start of the navigation to the first frame that shows table and map, and from a key to the frame
 * that shows its answer.
 *
 *   npx tsx --conditions=source bench/report.ts [MODEL …]     paramwise-model/1 files, then made models
 *   … MODEL --screenshots docs/images     the pictures of the guides as well
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { groupCurves, loadModel, plannedGroups, renderReport } from '@paramwise/cli';
import { type ModuleView, type ParamView, planParamGroups } from '@paramwise/core';
import type { Browser, Page } from 'playwright-core';
import { launchChromium } from '../testing/chromium.ts';

const { values: options, positionals: files } = parseArgs({
  options: { screenshots: { type: 'string' } },
  allowPositionals: true,
});

const REPEATS = 7;
const optimizer = { type: 'AdamW', lr: 1e-3, weight_decay: 0.05 };
const paramwise = {
  custom_keys_mode: 'compose',
  norm_decay_mult: 0,
  bias_decay_mult: 0,
  bypass_duplicate: true,
  custom_keys: {
    stem: { freeze: true },
    'blocks.0': { lr_mult: 0.1 },
    'blocks.1': { lr_mult: 0.25 },
    bias_table: { decay_mult: 0 },
    heads: { lr_mult: 2 },
  },
};
const scheduler = [
  { type: 'LinearLR', start_factor: 0.01, by_epoch: false, end: 500 },
  { type: 'CosineAnnealingLR', by_epoch: false, begin: 500, T_max: 9500 },
];

function wideModel(params: number): ModuleView {
  const leaf = (names: readonly string[]): ModuleView => {
    const own = names.map((name): [string, ParamView] => [name, { shape: [8, 8], requiresGrad: true }]);
    return { moduleKind: { type: 'other' }, ownParams: () => own, ownChildren: () => [] };
  };
  const inside = (children: [string, ModuleView][]): ModuleView => ({
    moduleKind: { type: 'other' },
    ownParams: () => [],
    ownChildren: () => children,
  });
  const parts = ['query', 'key', 'value', 'norm', 'out'];
  const block = () => inside(parts.map((name) => [name, leaf(['weight', 'bias'])]));
  const blocks = Array.from({ length: params / 10 }, (_, index): [string, ModuleView] => [String(index), block()]);
  return inside([['blocks', inside(blocks)]]);
}

function reportOf(model: ModuleView, title: string): string {
  const plan = planParamGroups(model, { optimizer }, paramwise);
  const groups = plannedGroups(plan, { optim_wrapper: { optimizer }, param_scheduler: scheduler });
  return renderReport({ title, plan, model, schedules: groupCurves({ groups, scheduler }) });
}

const median = (times: readonly number[]) => [...times].sort((a, b) => a - b)[Math.floor(times.length / 2)]!;

/** Milliseconds from the start of the navigation until a frame with everything in it was shown. */
const UNTIL_SHOWN = `new Promise((done) => requestAnimationFrame(() => setTimeout(() => done(performance.now()))))`;

/** Milliseconds from an input event to the frame after it. */
const searchTime = (query: string) => `new Promise((done) => {
  const input = document.querySelector('#search');
  const start = performance.now();
  input.value = ${JSON.stringify(query)};
  input.dispatchEvent(new Event('input'));
  requestAnimationFrame(() => setTimeout(() => done(performance.now() - start)));
})`;

const QUERIES = ['b', 'bl', 'block', 'norm', 'norm.weight', 'lr=0.0001', 'decay=0 bias', ''];

async function measure(browser: Browser, url: string): Promise<{ open: number; search: number; slowest: number }> {
  const opened: number[] = [];
  const searched: number[] = [];
  for (let repeat = 0; repeat < REPEATS; repeat++) {
    const page = await browser.newPage({ viewport: { width: 1440, height: 1000 } });
    await page.goto(url);
    opened.push(await page.evaluate<number>(UNTIL_SHOWN));
    for (const query of QUERIES) searched.push(await page.evaluate<number>(searchTime(query)));
    await page.close();
  }
  return { open: median(opened), search: median(searched), slowest: Math.max(...searched) };
}

async function takePictures(browser: Browser, url: string, folder: string): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    const page = await browser.newPage({ viewport: { width: 1440, height: 1180 }, colorScheme });
    await page.goto(url);
    await prepare(page);
    await page.screenshot({ path: join(folder, `report-${colorScheme}.png`) });
    await page.close();
  }
}

/** A state that shows much at once: a module looked into, and a parameter explained. */
async function prepare(page: Page): Promise<void> {
  await page.getByRole('row', { name: /norm/ }).first().click();
  await page.evaluate('scrollTo(0, 0)');
}

const line = (...cells: (string | number)[]) =>
  process.stdout.write(
    `${cells.map((cell, index) => (index === 0 ? String(cell).padEnd(18) : String(cell).padStart(12))).join('')}\n`,
  );

const folder = mkdtempSync(join(tmpdir(), 'paramwise-report-'));
const browser = await launchChromium();
try {
  const named = await Promise.all(
    files.map(async (file) => ({ name: basename(file).split('.')[0]!, model: (await loadModel(file)).root })),
  );
  const made = [1000, 10_000].map((count) => ({ name: `${count} parameters`, model: wideModel(count) }));
  process.stdout.write(`Chromium ${browser.version()}, ${cpus()[0]?.model}, medians of ${REPEATS}\n`);
  line('', 'KiB', 'open ms', 'search ms', 'slowest ms');
  for (const { name, model } of [...named, ...made]) {
    const file = join(folder, 'report.html');
    const page = reportOf(model, name);
    writeFileSync(file, page);
    const url = pathToFileURL(file).href;
    const { open, search, slowest } = await measure(browser, url);
    line(name, Math.ceil(page.length / 1024), open.toFixed(0), search.toFixed(1), slowest.toFixed(1));
    if (options.screenshots !== undefined && model === named[0]?.model)
      await takePictures(browser, url, options.screenshots);
  }
} finally {
  await browser.close();
  rmSync(folder, { recursive: true });
}
