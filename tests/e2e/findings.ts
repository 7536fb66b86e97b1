import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from '@playwright/test';

/** What axe finds that keeps a person from using the screen, a line for each kind, with the places and what to do. */
export async function seriousFindings(page: Page): Promise<readonly string[]> {
  return found(new AxeBuilder({ page }).withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice']));
}

/**
 * What axe finds about colours alone. The themes differ in nothing else, so that a screen searched for everything in one of
 * them needs only this in the other.
 */
export async function colourFindings(page: Page): Promise<readonly string[]> {
  return found(new AxeBuilder({ page }).withRules(['color-contrast', 'link-in-text-block']));
}

async function found(search: AxeBuilder): Promise<readonly string[]> {
  const { violations } = await search.analyze();
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(
      ({ id, nodes }) =>
        `${id}: ${nodes.map(({ target, failureSummary }) => `${target.join(' ')} ${failureSummary ?? ''}`).join(' | ')}`,
    );
}
