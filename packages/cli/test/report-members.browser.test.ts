/** The report of several optimizers in a real browser: it shows one, and links to the others. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import axe from 'axe-core';
import { expect, it } from 'vitest';
import { describeBrowser } from '../../../testing/browser.ts';
import { launchChromium } from '../../../testing/chromium.ts';
import { renderMembersReport } from '../src/report.ts';
import { layers, planOf } from './report-models.ts';
import { scratchFolder } from './run.ts';

function page(): string {
  const members = ['generator', 'discriminator'].map((name) => {
    const model = layers([`${name}_first`, `${name}_last`]);
    return { name, input: { title: 'gan', plan: planOf(model, { norm_decay_mult: 0 }), model } };
  });
  return renderMembersReport('gan', members);
}

describeBrowser('the report of several optimizers', () => {
  it('shows the first, and the one whose link is pressed', async () => {
    const file = join(scratchFolder(), 'report.html');
    writeFileSync(file, page());
    const browser = await launchChromium();
    try {
      const tab = await browser.newPage();
      const faults: string[] = [];
      tab.on('pageerror', (error) => faults.push(String(error)));
      tab.on('console', (message) => faults.push(message.text()));
      await tab.goto(pathToFileURL(file).href);
      const nav = tab.getByRole('navigation', { name: 'Optimizers' });
      const rows = () => tab.locator('.grid-body [role=row]:visible .name').allTextContents();
      expect(await nav.locator('[aria-current]').textContent()).toBe('generator');
      expect((await rows()).join()).toContain('generator_first');
      await nav.getByRole('link', { name: 'discriminator' }).click();
      await tab.waitForURL(/member=discriminator/);
      expect(await nav.locator('[aria-current]').textContent()).toBe('discriminator');
      expect((await rows()).join()).toContain('discriminator_last');
      await tab.evaluate(axe.source);
      const { violations } = await tab.evaluate<{ violations: { id: string }[] }>('axe.run()');
      expect(violations.map(({ id }) => id)).toEqual([]);
      expect(faults).toEqual([]);
    } finally {
      await browser.close();
    }
  });
});
