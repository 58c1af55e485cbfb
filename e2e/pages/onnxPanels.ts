// onnxruntime-web in the Playground: a folder that was exported, and the loaded model in both engines.
import { expect, type Locator, type Page } from '@playwright/test';

export class ExportedPage {
  readonly model: Locator;
  readonly adapter: Locator;

  constructor(readonly page: Page) {
    this.model = page.getByRole('status').filter({ hasText: 'Ready in' });
    this.adapter = page.getByRole('combobox', { name: 'Adapter' });
  }

  async open(): Promise<void> {
    await this.page.goto('/#/playground?exported');
    await this.page.getByRole('heading', { name: 'Open an exported model' }).waitFor({ timeout: 60_000 });
  }

  /** A folder on disk, picked. */
  async pick(folder: string): Promise<void> {
    await this.page.getByLabel('Exported folder', { exact: true }).setInputFiles(folder);
  }

  async ask(prompt: string): Promise<string> {
    await this.page.getByRole('textbox', { name: 'What the model continues' }).fill(prompt);
    await this.page.getByRole('button', { name: 'Answer', exact: true }).click();
    return this.answer();
  }

  async answer(): Promise<string> {
    const answer = this.page.getByRole('region', { name: 'Answer' });
    await expect(answer.getByRole('list', { name: 'Speed' })).toBeVisible({ timeout: 60_000 });
    return ((await answer.locator('p').first().textContent()) ?? '').trim();
  }
}

export class OnnxPanel {
  readonly panel: Locator;

  constructor(page: Page) {
    this.panel = page.getByRole('region', { name: 'In onnxruntime', exact: true });
  }

  /** Has both engines answer in WebAssembly; one row of the table for each answerer. */
  async compare(rows: number): Promise<{ name: string; text: string; difference: number }[]> {
    await this.panel.getByRole('radio', { name: 'WebAssembly' }).check({ force: true });
    await this.panel.getByRole('button', { name: 'Compare with onnxruntime' }).click();
    const table = this.panel.getByRole('region', { name: 'Table of both engines' }).getByRole('row');
    await expect(table).toHaveCount(rows + 1, { timeout: 180_000 });
    return Promise.all(
      (await table.all()).slice(1).map(async (row) => ({
        name: (await row.getByRole('rowheader').textContent()) ?? '',
        text: (await row.getByRole('cell').nth(0).textContent()) ?? '',
        difference: Number.parseFloat((await row.getByRole('cell').nth(1).textContent()) ?? ''),
      })),
    );
  }

  /** Has merged and unmerged timed against the base in WebAssembly; the table's rows. */
  async timeMerged(): Promise<string> {
    await this.panel.getByRole('radio', { name: 'WebAssembly' }).check({ force: true });
    await this.panel.getByRole('button', { name: 'Time merged against base' }).click();
    const table = this.panel.getByRole('region', { name: 'Table of latency' });
    await table.waitFor({ timeout: 600_000 });
    const cells = await table
      .getByRole('row')
      .evaluateAll((rows) =>
        rows
          .slice(1)
          .map((row) =>
            [...row.children].map((cell) => [...cell.childNodes].map((node) => node.textContent).join(', ')),
          ),
      );
    return cells.map((row) => `| ${row.join(' | ')} |`).join('\n');
  }
}
