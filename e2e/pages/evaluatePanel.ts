// The Evaluate panel of the Playground.
import { readFileSync } from 'node:fs';
import { expect, type Locator, type Page } from '@playwright/test';

interface File {
  name: string;
  mimeType: string;
  buffer: Buffer;
}

export class EvaluatePanel {
  readonly panel: Locator;
  readonly scores: Locator;
  readonly answers: Locator;

  constructor(readonly page: Page) {
    this.panel = page.getByRole('region', { name: 'Evaluate' });
    this.scores = this.panel.getByRole('region', { name: 'Scores', exact: true });
    this.answers = this.panel.getByRole('region', { name: 'Answers by context' });
  }

  async chooseFile(file: File): Promise<void> {
    await this.panel.getByLabel('Rows of another file').setInputFiles(file);
    await expect(this.panel.getByRole('radio', { name: file.name })).toBeChecked();
  }

  async start(): Promise<void> {
    await this.panel.getByRole('button', { name: /^Evaluate \d/ }).click();
  }

  async waitForScores(timeout: number): Promise<void> {
    await this.panel.getByRole('progressbar').waitFor();
    await expect(this.panel.getByRole('button', { name: /^Evaluate \d/ })).toBeVisible({ timeout });
    await this.scores.waitFor();
  }

  /** The cells of an answerer's row: values with their intervals. */
  async row(name: RegExp): Promise<string[]> {
    return this.scores
      .getByRole('row')
      .filter({ has: this.page.getByRole('rowheader', { name }) })
      .getByRole('cell')
      .allInnerTexts();
  }

  verdicts(): Promise<string[]> {
    return this.scores.getByRole('list', { name: 'What is beyond noise' }).getByRole('listitem').allInnerTexts();
  }

  listed(): Locator {
    return this.answers.getByRole('list').first().locator('> li');
  }

  async csv(button: string): Promise<string> {
    const download = this.page.waitForEvent('download');
    await this.panel.getByRole('button', { name: button }).click();
    return readFileSync(await (await download).path(), 'utf8');
  }
}
