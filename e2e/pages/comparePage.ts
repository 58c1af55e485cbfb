// Compare: chosen runs, their curves, their results and settings.
import { readFileSync } from 'node:fs';
import type { Locator, Page } from '@playwright/test';
import Papa from 'papaparse';

export class ComparePage {
  readonly picker: Locator;
  readonly curves: Locator;
  readonly table: Locator;

  constructor(readonly page: Page) {
    this.picker = page.getByRole('region', { name: 'Runs' });
    this.curves = page.getByRole('region', { name: 'Curves' });
    this.table = page.getByRole('region', { name: 'Results and settings', exact: true }).getByRole('table');
  }

  async open(...runIds: string[]): Promise<void> {
    const query = runIds.length === 0 ? '' : `?runs=${encodeURIComponent(runIds.join(','))}`;
    await this.page.goto(`/#/compare${query}`);
    await this.page.getByRole('heading', { name: 'Compare' }).waitFor();
  }

  async choose(name: string | RegExp, isChosen: boolean): Promise<void> {
    await this.picker.getByRole('checkbox', { name }).setChecked(isChosen);
  }

  /** Texts of one row of the table, its heading first. */
  async row(label: string): Promise<string[]> {
    const row = this.table.getByRole('row').filter({ has: this.page.getByRole('rowheader', { name: label }) });
    return row.locator('th, td').allTextContents();
  }

  /** The file that one of the CSV buttons gives. */
  async csv(button: 'Curves as CSV' | 'Table as CSV'): Promise<string> {
    const download = this.page.waitForEvent('download');
    await this.page.getByRole('button', { name: button }).click();
    return readFileSync(await (await download).path(), 'utf8');
  }

  /** Every step of the one run on show, and its loss. */
  async curve(): Promise<{ step: number; loss: number }[]> {
    const rows = Papa.parse<Record<string, string>>(await this.csv('Curves as CSV'), { header: true }).data;
    return rows.filter(({ step }) => step).map(({ step, loss }) => ({ step: Number(step), loss: Number(loss) }));
  }
}
