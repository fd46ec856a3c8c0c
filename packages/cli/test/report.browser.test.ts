/** The report in a real browser: opened from disk, clicked, typed into, listened to. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type ModuleView, readModel } from '@paramwise/core';
import axe from 'axe-core';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { describeBrowser, hasBrowser } from '../../../testing/browser.ts';
import { launchChromium } from '../../../testing/chromium.ts';
import { describeGolden, golden } from '../../../testing/golden.ts';
import { readMetrics } from '../src/report/metrics.ts';
import { groupCurves } from '../src/report/schedules.ts';
import { type ReportInput, renderReport } from '../src/report.ts';
import { plannedGroups } from '../src/schedule-groups.ts';
import { layers, metricsText, OPTIMIZER, planOf, wideModel } from './report-models.ts';
import { scratchFolder } from './run.ts';

let browser: Browser;
beforeAll(async () => {
  if (hasBrowser) browser = await launchChromium();
});
afterAll(() => browser?.close());

interface Opened {
  readonly page: Page;
  /** Errors of scripts and of the page's policy, and requests beside the page's own. */
  readonly faults: readonly string[];
}

async function open(input: ReportInput, options: BrowserContextOptions = {}): Promise<Opened> {
  const file = join(scratchFolder(), 'report.html');
  writeFileSync(file, renderReport(input));
  const context = await browser.newContext({ viewport: { width: 1400, height: 1000 }, ...options });
  onTestFinished(() => context.close());
  const page = await context.newPage();
  const faults: string[] = [];
  const url = pathToFileURL(file).href;
  page.on('pageerror', (error) => faults.push(String(error)));
  page.on('console', (message) => faults.push(message.text()));
  page.on('request', (request) => request.url() !== url && faults.push(request.url()));
  await page.goto(url);
  return { page, faults };
}

const count = (page: Page, selector: string) =>
  page.evaluate<number>(`document.querySelectorAll(${JSON.stringify(selector)}).length`);
const names = (page: Page) => page.locator('.grid-body [role=row]:visible .name').allTextContents();
const grid = (page: Page) => page.getByRole('grid', { name: 'Parameters' });
const detail = (page: Page) => page.getByRole('complementary', { name: 'Why' });

function wide(params = 200): ReportInput {
  const model = wideModel(params);
  const paramwise = { norm_decay_mult: 0, bias_decay_mult: 0, custom_keys: { 'blocks.1.': { lr_mult: 0.1 }, no: {} } };
  const plan = planOf(model, { ...paramwise, custom_keys_mode: 'compose' });
  const optimWrapper = { optimizer: OPTIMIZER };
  const groups = plannedGroups(plan, { optim_wrapper: optimWrapper, param_scheduler: undefined });
  const schedules = groupCurves({ groups, scheduler: { type: 'LinearLR', by_epoch: false, end: 20 } });
  return { title: 'wide', plan, model, schedules, metrics: readMetrics(metricsText()) };
}

describeBrowser('the report', () => {
  it('opens from disk without a fault and without asking for anything else', async () => {
    const { page, faults } = await open(wide());
    await expect(page.title()).resolves.toBe('wide · paramwise');
    expect(await page.getByRole('region', { name: '1 warning' }).textContent()).toContain('custom_keys["no"]');
    expect(await page.locator('#summary').textContent()).toMatch(/Parameters\s*200/);
    expect(await page.getByRole('navigation', { name: 'Sections' }).getByRole('link').allTextContents()).toEqual([
      'Model',
      'Parameters',
      'Schedule',
      'Training run',
    ]);
    expect(faults).toEqual([]);
  });

  it('narrows table and count to what is searched, and says when nothing is left', async () => {
    const { page } = await open(wide());
    await page.keyboard.press('/');
    await page.keyboard.type('blocks.1. NORM');
    expect(await page.locator('#found').textContent()).toBe('2 of 200 parameters');
    expect(await names(page)).toEqual(['blocks.1.norm.weight', 'blocks.1.norm.bias']);
    await page.getByRole('searchbox').fill('lr=0.0001 decay=0.05');
    expect(await page.locator('#found').textContent()).toBe('4 of 200 parameters');
    await page.getByRole('searchbox').fill('nowhere');
    expect(await page.locator('#found').textContent()).toBe('0 of 200 parameters');
    expect(await names(page)).toEqual([]);
    await page.getByRole('searchbox').fill('');
    expect(await page.locator('#found').textContent()).toBe('200 parameters');
  });

  it('sorts by a column, up, down and back', async () => {
    const { page } = await open(wide());
    const heading = page.getByRole('columnheader', { name: 'Rate' });
    await heading.getByRole('button').click();
    expect(await heading.getAttribute('aria-sort')).toBe('ascending');
    expect((await names(page))[0]).toBe('blocks.1.q.weight');
    await heading.getByRole('button').click();
    expect(await heading.getAttribute('aria-sort')).toBe('descending');
    expect((await names(page))[0]).toBe('blocks.0.q.weight');
    await heading.getByRole('button').click();
    expect(await heading.getAttribute('aria-sort')).toBe('none');
  });

  it('gives the reasons of a parameter that is clicked, in the table or in the map', async () => {
    const { page } = await open(wide());
    expect(await detail(page).textContent()).toContain('Choose a parameter');
    await page.getByRole('row', { name: 'blocks.0.norm.weight' }).click();
    expect(await detail(page).textContent()).toContain('weight_decay = 0.05 × norm_decay_mult 0 = 0');
    expect(await page.getByRole('row', { selected: true }).getAttribute('title')).toBe('blocks.0.norm.weight');

    await page.locator('#map').click({ position: { x: 300, y: 300 } });
    const chosen = await page.locator('.detail .path').textContent();
    expect(chosen).toMatch(/^blocks\.\d+\.\w+\.(weight|bias)$/);
    expect(chosen).not.toBe('blocks.0.norm.weight');
    expect(await page.getByRole('row', { selected: true }).getAttribute('title')).toBe(chosen);

    await detail(page).getByRole('button', { name: 'Close' }).click();
    expect(await detail(page).textContent()).toContain('Choose a parameter');
  });

  it('works with the keyboard alone', async () => {
    const { page } = await open(wide());
    await page.getByRole('searchbox').press('Enter');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    expect(await page.locator('.detail .path').textContent()).toBe('blocks.0.q.bias');
    const active = await grid(page).getAttribute('aria-activedescendant');
    expect(await page.locator(`#${active}`).getAttribute('title')).toBe('blocks.0.q.bias');
    await page.keyboard.press('End');
    expect(await page.locator('.detail .path').textContent()).toBe('blocks.19.out.bias');
    await page.keyboard.press('Home');
    expect(await page.locator('.detail .path').textContent()).toBe('blocks.0.q.weight');

    const current = page.locator('#crumbs [aria-current]');
    await page.getByRole('button', { name: /^blocks / }).focus();
    await page.keyboard.press('Enter');
    expect(await current.textContent()).toBe('blocks');
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Enter');
    expect(await current.textContent()).toBe('1');
    for (const key of ['Enter', 'ArrowRight', 'Enter']) await page.keyboard.press(key);
    expect(await page.locator('.detail .path').textContent()).toBe('blocks.1.q.bias');
    for (const _ of 'three') await page.keyboard.press('Escape');
    expect(await current.textContent()).toBe('wide');
  });

  it('shows only what the legend is pressed for, by rule, rate, decay and group', async () => {
    const { page } = await open(wide());
    const legend = page.getByRole('group', { name: /^Legend/ }).getByRole('button');
    const labels = async (mode: string) => {
      await page.getByRole('radio', { name: mode }).check();
      return legend.allTextContents();
    };
    expect(await labels('Rate')).toEqual(['0.000110', '0.001190']);
    expect(await labels('Decay')).toEqual(['0120', '0.0580']);
    expect(await labels('Group')).toContain('lr 0.0001, decay 0.054');
    expect(await labels('Rule')).toContain('"blocks.1.", norm_decay_mult2');
    await labels('Decay');
    await legend.first().click();
    expect(await legend.first().getAttribute('aria-pressed')).toBe('true');
    expect(await page.locator('#found').textContent()).toBe('120 of 200 parameters');
    await legend.first().click();
    expect(await page.locator('#found').textContent()).toBe('200 parameters');
  });

  it('is light or dark as the system is, until the reader chooses', async () => {
    const { page } = await open(wide(), { colorScheme: 'dark' });
    const background = () => page.evaluate<string>('getComputedStyle(document.body).backgroundColor');
    const dark = await background();
    await page.emulateMedia({ colorScheme: 'light' });
    await expect.poll(background).not.toBe(dark);
    await page.getByRole('button', { name: 'Dark theme' }).click();
    expect(await background()).toBe(dark);
    await page.reload();
    expect(await background()).toBe(dark);
  });

  it('draws schedules and the training run, and says their values', async () => {
    const { page } = await open(wide());
    const figures = page.locator('figure');
    expect(await figures.locator('h3').allTextContents()).toEqual([
      'Learning rate',
      'Loss',
      'Gradient norm',
      'Learning rate',
      'Accuracy',
    ]);
    expect(
      await figures
        .first()
        .getByRole('row', { name: /lr 0\.001/ })
        .textContent(),
    ).toMatch(/3\.33e-40\.001/);
    expect(await figures.first().locator('path').count()).toBe(2);
    const drawn = () => figures.first().locator('path').first().getAttribute('d');
    const linear = await drawn();
    await figures.first().getByRole('button', { name: 'Log scale' }).click();
    expect(await drawn()).not.toBe(linear);
    await figures.nth(1).locator('svg').hover();
    expect(await page.locator('#tip').textContent()).toMatch(/iteration [\d,]+tuned/);
  });

  it('shows names that look like markup and runs none of them', async () => {
    const attack = '<img src=x onerror="window.ran = true">';
    const model = layers([attack, '</script><script>window.ran = true</script>', 'a"b\'c']);
    const plan = planOf(model, { custom_keys: { [attack]: { lr_mult: 0.1 }, [`no ${attack}`]: {} } });
    const { page, faults } = await open({ title: attack, plan, model, metrics: [{ run: attack, loss: 1 }] });
    await page.getByRole('row').nth(1).click();
    await page.getByRole('radio', { name: 'Group' }).check();
    await page.locator('figure svg').hover();
    await page.locator('#map').hover({ position: { x: 60, y: 60 } });
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe(`Plan of ${attack}`);
    expect(await page.locator('.detail .path').textContent()).toBe(`${attack}.weight`);
    expect((await names(page))[2]).toBe('</script><script>window.ran = true</script>.weight');
    expect(await page.locator('figure').textContent()).toContain(attack);
    expect(await page.evaluate('window.ran')).toBeUndefined();
    expect([await count(page, 'img'), await count(page, 'script')]).toEqual([0, 2]);
    expect(faults).toEqual([]);
  });

  it('holds ten thousand parameters with a few dozen rows in the document', async () => {
    const { page, faults } = await open(wide(10_000));
    expect(await page.locator('#found').textContent()).toBe('10,000 parameters');
    expect(await grid(page).getAttribute('aria-rowcount')).toBe('10001');
    expect(await count(page, '.grid-body [role=row]')).toBeLessThan(60);
    await grid(page).focus();
    await page.keyboard.press('End');
    await expect.poll(() => names(page)).toContain('blocks.999.out.bias');
    await page.evaluate('document.querySelector("#grid").scrollTop = 150000');
    await expect.poll(() => names(page)).toContain('blocks.500.q.weight');
    expect(await count(page, '.grid-body [role=row]')).toBeLessThan(60);
    expect(faults).toEqual([]);
  });

  it.each([
    { colorScheme: 'light', width: 1400 },
    { colorScheme: 'dark', width: 1400 },
    { colorScheme: 'light', width: 420 },
  ] as const)('passes axe-core: $colorScheme, $width pixels wide', async ({ colorScheme, width }) => {
    const { page } = await open(wide(), { colorScheme, bypassCSP: true, viewport: { width, height: 900 } });
    await page.getByRole('row', { name: 'blocks.1.norm.weight' }).click();
    await page.evaluate(axe.source);
    const { violations, passes } = await page.evaluate<Findings>('axe.run()');
    expect(passes.length).toBeGreaterThan(20);
    expect(violations.map(({ id, impact, nodes }) => [id, impact, nodes[0]?.html])).toEqual([]);
  });
});

interface Findings {
  readonly passes: readonly unknown[];
  readonly violations: readonly { id: string; impact: string; nodes: readonly { html: string }[] }[];
}

if (hasBrowser) {
  describeGolden('the report of a recorded model', () => {
    it('shows all of maxvit_t', async () => {
      const model: ModuleView = readModel(golden('param-groups/models/maxvit_t.json.gz'));
      const plan = planOf(model, { norm_decay_mult: 0, bypass_duplicate: true });
      const { page, faults } = await open({ title: 'maxvit_t', plan, model });
      expect(await page.locator('#found').textContent()).toBe('458 parameters');
      await page.getByRole('searchbox').fill('relative_position_bias_table');
      expect(await page.locator('#found').textContent()).toBe('22 of 458 parameters');
      await page
        .getByRole('row', { name: /blocks\.0/ })
        .first()
        .click();
      expect(await detail(page).textContent()).toContain('RelativePositionalMultiHeadAttention');
      expect(faults).toEqual([]);
    });
  });
}
