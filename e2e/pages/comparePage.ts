// Compare: chosen runs, their curves, their results and settings.
import { readFileSync } from 'node:fs';
import type { Locator, Page } from '@playwright/test';
import Papa from 'papaparse';

export class ComparePage {
  readonly picker: Locator;
  readonly curves: Locator;
  readonly table: Locator;

  readonly quality: Locator;
  readonly inside: Locator;
  readonly outputs: Locator;

  constructor(readonly page: Page) {
    this.quality = page.getByRole('region', { name: 'What rank bought' });
    this.inside = page.getByRole('region', { name: 'Inside the adapters' });
    this.outputs = page.getByRole('region', { name: 'Outputs side by side' });
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

  /** Measures what was not measured yet, and waits for it. */
  async measure(timeout = 120_000): Promise<void> {
    await this.inside.getByRole('button', { name: /^Measure/ }).click();
    await this.inside.getByRole('button', { name: /^Measure/ }).waitFor({ state: 'detached', timeout });
    await this.inside.getByRole('progressbar').waitFor({ state: 'detached', timeout });
  }

  /** A picture by the start of its title. */
  picture(title: string): Locator {
    const caption = this.page.locator('figcaption').filter({ hasText: title });
    return this.page.getByRole('figure').filter({ has: caption });
  }

  /** The file that a picture's button gives. */
  async pictureFile(title: string, kind: 'PNG' | 'SVG' | 'CSV'): Promise<Buffer> {
    const download = this.page.waitForEvent('download');
    await this.picture(title)
      .getByRole('button', { name: new RegExp(`as ${kind}$`) })
      .click();
    return readFileSync(await (await download).path());
  }

  /** Path of what one of the buttons of "Take it away" gives. */
  async takeAway(button: 'Report as HTML' | 'Everything as JSON' | 'Everything as CSV'): Promise<string> {
    const download = this.page.waitForEvent('download');
    await this.page.getByRole('button', { name: button }).click();
    return (await download).path();
  }
}
