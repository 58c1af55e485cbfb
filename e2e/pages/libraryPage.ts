// Library: the list of runs, one run in full, import, storage.
import type { Locator, Page } from '@playwright/test';
import { ExportPanel } from './exportPanel.ts';

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

  /** Id of the only run there is, or of the one with this name. */
  async runId(name: string | RegExp = /./): Promise<string> {
    const address = await this.list.getByRole('rowheader').getByRole('link', { name }).getAttribute('href');
    return new URLSearchParams(address?.split('?')[1]).get('run') ?? '';
  }

  async rename(from: string | RegExp, to: string): Promise<void> {
    const detail = this.detail(from);
    await detail.getByRole('button', { name: 'Rename' }).click();
    await detail.getByRole('textbox', { name: 'New name' }).fill(to);
    await detail.getByRole('button', { name: 'Save name' }).click();
    await this.detail(to).waitFor();
  }

  async openExport(name: string | RegExp): Promise<ExportPanel> {
    await this.detail(name).getByRole('button', { name: 'Export…' }).click();
    return new ExportPanel(this.page);
  }

  async remove(name: string | RegExp): Promise<void> {
    await this.detail(name).getByRole('button', { name: 'Delete…' }).click();
    await this.page.getByRole('dialog').getByRole('button', { name: 'Delete for good' }).click();
    await this.page.getByRole('dialog').waitFor({ state: 'hidden' });
  }

  async importZip({ name, bytes }: { name: string; bytes: Uint8Array }): Promise<void> {
    await this.page
      .getByLabel('Adapter files')
      .setInputFiles({ name, mimeType: 'application/zip', buffer: Buffer.from(bytes) });
  }

  async importFolder(folder: string): Promise<void> {
    await this.page.getByLabel('Adapter folder').setInputFiles(folder);
  }

  async compare(...names: (string | RegExp)[]): Promise<void> {
    for (const name of names) await this.row(name).getByRole('checkbox').check();
    await this.page.getByRole('button', { name: /^Compare \d+ runs/ }).click();
  }
}
