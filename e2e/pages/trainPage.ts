// Train: model, data, adapter, go.
import { readFileSync } from 'node:fs';
import { expect, type Locator, type Page } from '@playwright/test';

export class TrainPage {
  readonly trainButton: Locator;
  /** What the run is doing, in words. */
  readonly state: Locator;
  readonly model: Locator;
  readonly data: Locator;
  readonly adapter: Locator;
  readonly go: Locator;

  constructor(readonly page: Page) {
    this.model = page.getByRole('region', { name: 'Model' });
    this.data = page.getByRole('region', { name: 'Data' });
    this.adapter = page.getByRole('region', { name: 'Adapter' });
    this.go = page.getByRole('region', { name: 'Go' });
    this.trainButton = this.go.getByRole('button', { name: 'Train', exact: true });
    this.state = this.go.getByRole('status').first();
  }

  async open(): Promise<void> {
    await this.page.goto('/#/train');
  }

  /** Waits until one click trains. */
  async waitUntilReady(timeout = 60_000): Promise<void> {
    await expect(this.trainButton).toBeEnabled({ timeout });
  }

  async chooseTask(title: string | RegExp): Promise<void> {
    await this.data.getByRole('radio', { name: title }).check({ force: true });
  }

  /** One, or several to race. */
  async chooseRank(...ranks: number[]): Promise<void> {
    await this.adapter.getByRole('textbox', { name: 'Ranks, 1 to 256' }).fill(ranks.join(', '));
  }

  /** A number of the settings, by its label. */
  setting(label: string | RegExp): Locator {
    return this.page.getByRole('group', { name: /Settings/ }).getByRole('textbox', { name: label });
  }

  /** The run's length, in optimizer steps. */
  async chooseSteps(steps: number): Promise<void> {
    await this.page.getByLabel('Length in').selectOption('steps');
    await this.setting(/^Steps$/).fill(String(steps));
  }

  /** Unfolds the settings that seldom need a change. */
  async openMoreSettings(): Promise<void> {
    await this.page.getByRole('region', { name: 'Training' }).getByText('More', { exact: true }).click();
  }

  /** Opens the model drawer, and waits for it. */
  async openModels(): Promise<Locator> {
    await this.model.getByRole('button', { name: 'Change model' }).click();
    const drawer = this.page.getByRole('dialog', { name: 'Choose a model' });
    await drawer.waitFor();
    return drawer;
  }

  /** `server` is the address of another one than the Hub. */
  async chooseHubModel(id: string, revision = 'main', server?: string): Promise<void> {
    const drawer = await this.openModels();
    await drawer.getByRole('textbox', { name: 'Model id' }).fill(id);
    await drawer.getByRole('textbox', { name: 'Revision' }).fill(revision);
    if (server !== undefined) {
      await drawer.getByText('Another server').click();
      await drawer.getByRole('textbox', { name: 'Server' }).fill(server);
    }
    await drawer.getByRole('button', { name: 'Look up' }).click();
  }

  async chooseModelFolder(folder: string): Promise<void> {
    const drawer = await this.openModels();
    await drawer.getByLabel('Model folder').setInputFiles(folder);
  }

  /** A GGUF file, or the parts of one. */
  async chooseModelFiles(files: string[] | { name: string; mimeType: string; buffer: Buffer }): Promise<void> {
    const drawer = await this.openModels();
    await drawer.getByLabel('Model files', { exact: true }).setInputFiles(files);
  }

  /** Loads the model that was looked up, and waits until it is on the GPU. */
  async loadModel(): Promise<void> {
    await this.model.getByRole('button', { name: /^Load model/ }).click();
    await expect(this.model.getByText('frozen')).toBeVisible({ timeout: 60_000 });
  }

  /** Opens the data drawer, picks a file, and leaves the drawer open. */
  async chooseDataFile(file: string | { name: string; mimeType: string; buffer: Buffer }): Promise<Locator> {
    await this.data.getByRole('button', { name: /Use your own file|Columns and rows/ }).click();
    const drawer = this.page.getByRole('dialog', { name: 'Data' });
    await drawer.getByLabel('Data file', { exact: true }).setInputFiles(file);
    return drawer;
  }

  /** A file whose columns need no mapping: chosen, read, and the drawer closed. */
  async useDataFile(file: { name: string; mimeType: string; buffer: Buffer }): Promise<void> {
    const drawer = await this.chooseDataFile(file);
    await drawer.getByRole('heading', { name: file.name }).waitFor();
    await this.closeDrawer();
  }

  async mapColumns(drawer: Locator, { context, target }: { context: string; target: string }): Promise<void> {
    await drawer.getByRole('combobox', { name: /^Context/ }).selectOption(context);
    await drawer.getByRole('combobox', { name: /^Target/ }).selectOption(target);
    await expect(drawer.getByRole('combobox', { name: /^Context/ })).toHaveValue(context);
    await expect(drawer.getByRole('combobox', { name: /^Target/ })).toHaveValue(target);
  }

  async closeDrawer(): Promise<void> {
    await this.page.getByRole('dialog').getByRole('button', { name: 'Close' }).click();
    await expect(this.page.getByRole('dialog')).toHaveCount(0);
  }

  async train(): Promise<void> {
    await this.waitUntilReady();
    await this.trainButton.click();
  }

  async pause(): Promise<void> {
    await this.go.getByRole('button', { name: 'Pause' }).click();
    await expect(this.state).toContainText('Paused');
  }

  async resume(): Promise<void> {
    await this.go.getByRole('button', { name: /^Resume/ }).click();
  }

  /** A finished run, from its end. */
  async trainFurther(steps: number): Promise<void> {
    await this.go.getByRole('button', { name: 'Train further' }).click();
    await this.go.getByRole('textbox', { name: 'New last step' }).fill(String(steps));
    await this.go.getByRole('button', { name: `Train to step ${steps}` }).click();
  }

  async stop(): Promise<void> {
    await this.go.getByRole('button', { name: 'Stop' }).click();
    await expect(this.state).toContainText('Stopped');
  }

  /** Optimizer steps done. */
  async step(): Promise<number> {
    return Number((await this.readout('Step')).split('/')[0]?.replaceAll(',', '').trim());
  }

  async waitForStep(step: number, timeout: number): Promise<void> {
    await expect.poll(() => this.step(), { timeout }).toBeGreaterThanOrEqual(step);
  }

  /** The zip that the end of a run offers. */
  async downloadAdapter(): Promise<{ name: string; bytes: Uint8Array<ArrayBuffer> }> {
    const download = this.page.waitForEvent('download');
    await this.go.getByRole('button', { name: /^Download adapter/ }).click();
    const file = await download;
    return { name: file.suggestedFilename(), bytes: new Uint8Array(readFileSync(await file.path())) };
  }

  async waitUntilFinished(timeout: number): Promise<void> {
    await expect(this.state).toContainText('Finished', { timeout });
  }

  /** A number of the instrument, by its name: `Loss`, `Step`. */
  async readout(name: string): Promise<string> {
    const term = this.go.getByRole('term').filter({ hasText: new RegExp(`^${name}$`) });
    return (await term.locator('xpath=following-sibling::dd').textContent()) ?? '';
  }
}
