// Library: the list of runs, one run in full, import, storage.
import { readFileSync } from 'node:fs';
import type { Download, Locator, Page } from '@playwright/test';

export class LibraryPage {
  readonly list: Locator;
  readonly search: Locator;

  constructor(readonly page: Page) {
    this.list = page.getByRole('table', { name: /Runs kept in this browser/ });
    this.search = page.getByRole('searchbox', { name: 'Search runs' });
  }

  async open(): Promise<void> {
    await this.page.goto('/#/library');
    await this.page.getByRole('heading', { name: 'Library' }).waitFor();
  }

  /** The run's row in the list. */
  row(name: string | RegExp): Locator {
    return this.list.getByRole('row').filter({ has: this.page.getByRole('link', { name }) });
  }

  /** Names of the runs in the order of the list. */
  names(): Promise<string[]> {
    return this.list.getByRole('rowheader').allTextContents();
  }

  async sortBy(column: string): Promise<void> {
    await this.list.getByRole('button', { name: column }).click();
  }

  async openRun(name: string | RegExp): Promise<Locator> {
    await this.list.getByRole('link', { name }).first().click();
    return this.detail(name);
  }

  detail(name: string | RegExp): Locator {
    return this.page.getByRole('region', { name });
  }

  /** Id of the only run there is. */
  async onlyRunId(): Promise<string> {
    const address = await this.list.getByRole('rowheader').getByRole('link').getAttribute('href');
    return new URLSearchParams(address?.split('?')[1]).get('run') ?? '';
  }

  async rename(from: string | RegExp, to: string): Promise<void> {
    const detail = this.detail(from);
    await detail.getByRole('button', { name: 'Rename' }).click();
    await detail.getByRole('textbox', { name: 'New name' }).fill(to);
    await detail.getByRole('button', { name: 'Save name' }).click();
    await this.detail(to).waitFor();
  }

  async openExport(name: string | RegExp): Promise<Locator> {
    const detail = this.detail(name);
    await detail.getByRole('button', { name: 'Export…' }).click();
    return detail;
  }

  async exportAdapter(name: string | RegExp): Promise<Download> {
    const detail = await this.openExport(name);
    const download = this.page.waitForEvent('download');
    await detail.getByRole('button', { name: 'Export adapter' }).click();
    return download;
  }

  async exportMerged(name: string | RegExp, format: string): Promise<Download> {
    const detail = this.detail(name);
    await detail.getByLabel('Merged model').selectOption(format);
    const download = this.page.waitForEvent('download', { timeout: 120_000 });
    await detail.getByRole('button', { name: 'Export merged model' }).click();
    return download;
  }

  async remove(name: string | RegExp): Promise<void> {
    await this.detail(name).getByRole('button', { name: 'Delete…' }).click();
    await this.page.getByRole('dialog').getByRole('button', { name: 'Delete for good' }).click();
    await this.page.getByRole('dialog').waitFor({ state: 'hidden' });
  }

  /** Imports the zip under a name of its own: a download's path has none. */
  async importZip(path: string): Promise<void> {
    const buffer = readFileSync(path);
    await this.page
      .getByLabel('Adapter files')
      .setInputFiles({ name: 'adapter.zip', mimeType: 'application/zip', buffer });
  }

  async importFolder(folder: string): Promise<void> {
    await this.page.getByLabel('Adapter folder').setInputFiles(folder);
  }

  async compare(...names: (string | RegExp)[]): Promise<void> {
    for (const name of names) await this.row(name).getByRole('checkbox').check();
    await this.page.getByRole('button', { name: /^Compare \d+ runs/ }).click();
  }
}
