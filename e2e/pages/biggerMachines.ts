// The drawer that plans runs for bigger machines.
import { readFileSync } from 'node:fs';
import { expect, type Locator, type Page } from '@playwright/test';
import { TrainPage } from './trainPage.ts';

export class BiggerMachines {
  readonly drawer: Locator;
  /** Whether the machines hold it. */
  readonly verdict: Locator;

  constructor(readonly page: Page) {
    this.drawer = page.getByRole('dialog', { name: 'Bigger machines' });
    this.verdict = this.drawer.getByRole('status');
  }

  async open(): Promise<void> {
    const models = await new TrainPage(this.page).openModels();
    await models.getByRole('button', { name: 'Plan for bigger machines' }).click();
    await this.verdict.waitFor();
  }

  async chooseModel(title: RegExp): Promise<void> {
    const model = this.drawer.getByRole('combobox', { name: 'Model', exact: true });
    const label = await model.getByRole('option', { name: title }).textContent();
    await model.selectOption({ label: label ?? '' });
  }

  async choose(label: RegExp, number: number): Promise<void> {
    await this.drawer.getByRole('textbox', { name: label }).fill(String(number));
  }

  async chooseMatrices(...wanted: string[]): Promise<void> {
    const boxes = this.drawer.getByRole('group', { name: 'Matrices' }).getByRole('checkbox');
    for (const name of wanted) await this.drawer.getByRole('checkbox', { name, exact: true }).check({ force: true });
    for (const box of await boxes.all()) {
      const name = (await box.locator('xpath=..').textContent()) ?? '';
      if (!wanted.includes(name)) await box.uncheck({ force: true });
    }
  }

  /** A row of the table of every weight against the adapter. */
  row(name: string): Locator {
    return this.drawer.getByRole('row').filter({ has: this.page.getByRole('rowheader', { name, exact: true }) });
  }

  async download(): Promise<{ name: string; bytes: Uint8Array<ArrayBuffer> }> {
    const button = this.drawer.getByRole('button', { name: 'Download the folder' });
    await expect(button).toBeEnabled();
    const download = this.page.waitForEvent('download');
    await button.click();
    const file = await download;
    return { name: file.suggestedFilename(), bytes: new Uint8Array(readFileSync(await file.path())) };
  }
}
