import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from '@playwright/test';

/** What axe finds that keeps a person from using the screen, a line for each kind, with the places and what to do. */
export async function seriousFindings(page: Page): Promise<readonly string[]> {
  return found(page, new AxeBuilder({ page }).withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice']));
}

/**
 * What axe finds about colours alone. The themes differ in nothing else, so that a screen searched for everything in one of
 * them needs only this in the other.
 */
export async function colourFindings(page: Page): Promise<readonly string[]> {
  return found(page, new AxeBuilder({ page }).withRules(['color-contrast', 'link-in-text-block']));
}

/**
 * Searches a page that stands still: halfway through its fading in, a sheet has colours that nobody reads. What turns for as
 * long as something works is not waited for.
 */
async function found(page: Page, search: AxeBuilder): Promise<readonly string[]> {
  await page.waitForFunction(() =>
    document
      .getAnimations()
      .every(({ effect, playState }) => playState !== 'running' || effect?.getTiming().iterations === Infinity),
  );
  const { violations } = await search.analyze();
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(
      ({ id, nodes }) =>
        `${id}: ${nodes.map(({ target, failureSummary }) => `${target.join(' ')} ${failureSummary ?? ''}`).join(' | ')}`,
    );
}
