// The export panel of a run in the Library: destinations, each with its format and its button.
import { readFileSync } from 'node:fs';
import { expect, type Locator, type Page } from '@playwright/test';

export class ExportPanel {
  readonly panel: Locator;

  constructor(readonly page: Page) {
    this.panel = page.getByRole('region', { name: 'Export', exact: true });
  }

  /** By the destination's title: "Adapter", "Merged model". */
  row(title: string): Locator {
    const heading = this.page.getByRole('heading', { name: title, exact: true });
    return this.panel.getByRole('listitem').filter({ has: heading });
  }

  /** Once its size is known it can be exported. */
  button(title: string): Locator {
    return this.row(title).getByRole('button', { name: /^Export/ });
  }

  async chooseFormat(title: string, format: string): Promise<void> {
    await this.row(title).getByRole('combobox', { name: 'Format' }).selectOption(format);
  }

  /** As the row says it. */
  async size(title: string): Promise<string> {
    await expect(this.button(title)).toBeEnabled();
    return (await this.row(title).locator('h5 + span').textContent()) ?? '';
  }

  async takeAlong(title: string, ...runs: string[]): Promise<void> {
    await this.row(title).getByText('Take others along').click();
    for (const run of runs) await this.row(title).getByRole('checkbox', { name: run }).check();
  }

  async choosePlace(place: 'downloads' | 'folder'): Promise<void> {
    const name = place === 'folder' ? 'Into a folder that I pick' : 'Into my downloads';
    await this.panel.getByRole('radio', { name }).check({ force: true });
  }

  async start(title: string): Promise<void> {
    await expect(this.button(title)).toBeEnabled();
    await this.button(title).click();
  }

  async pickBaseFolder(folder: string): Promise<void> {
    await this.panel.getByLabel('Folder of the base').setInputFiles(folder);
  }

  /** Starts, and presses Cancel as soon as it is there: small exports are quick. */
  async cancelAtOnce(title: string): Promise<void> {
    await this.panel.evaluate((panel) => {
      const observer = new MutationObserver(() => {
        const cancel = [...panel.querySelectorAll('button')].find((button) => button.textContent === 'Cancel');
        if (!cancel) return;
        observer.disconnect();
        cancel.click();
      });
      observer.observe(panel, { childList: true, subtree: true });
    });
    await this.start(title);
    await expect(this.panel.getByRole('progressbar')).toHaveCount(0);
    await expect(this.row(title).getByRole('status')).toHaveCount(0);
    await expect(this.row(title).getByRole('alert')).toHaveCount(0);
  }

  /** Where it was written, as the panel says. */
  async written(title: string, timeout = 60_000): Promise<string> {
    const status = this.row(title).getByRole('status');
    await status.waitFor({ timeout });
    return (await status.textContent()) ?? '';
  }

  /** What the button gives. */
  async download(title: string, format?: string): Promise<{ name: string; bytes: Uint8Array<ArrayBuffer> }> {
    if (format !== undefined) await this.chooseFormat(title, format);
    const download = this.page.waitForEvent('download', { timeout: 120_000 });
    await this.start(title);
    const file = await download;
    return { name: file.suggestedFilename(), bytes: new Uint8Array(readFileSync(await file.path())) };
  }
}
