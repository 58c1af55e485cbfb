// Playground: a prompt, several answerers, how often each is right.
import { expect, type Locator, type Page } from '@playwright/test';

export class PlaygroundPage {
  readonly prompt: Locator;
  readonly answerButton: Locator;
  readonly rightAnswer: Locator;

  constructor(readonly page: Page) {
    this.prompt = page.getByRole('textbox', { name: 'What the model continues' });
    this.answerButton = page.getByRole('button', { name: 'Answer', exact: true });
    this.rightAnswer = page.getByRole('region', { name: 'Right answer' });
  }

  async open(runId?: string): Promise<void> {
    await this.page.goto(runId === undefined ? '/#/playground' : `/#/playground?run=${runId}`);
    await this.prompt.waitFor({ timeout: 60_000 });
  }

  async ask(prompt: string): Promise<void> {
    await this.prompt.fill(prompt);
    await this.answerButton.click();
    await this.waitForAnswers();
  }

  /** Takes a held-out example by chance, asks it, and waits for every answer. */
  async tryExample(taskTitle?: string): Promise<void> {
    if (taskTitle !== undefined) await this.page.getByLabel('Task').selectOption({ label: taskTitle });
    await this.page.getByRole('button', { name: 'Try a random held-out example' }).click();
    await this.waitForAnswers();
  }

  async waitForAnswers(): Promise<void> {
    await expect(this.page.getByRole('list', { name: 'Speed' })).toHaveCount(await this.columns().count(), {
      timeout: 120_000,
    });
  }

  /** Has the adapter timed merged and unmerged; the list of what came out. */
  async timeMerged(): Promise<Locator> {
    await this.page.getByRole('button', { name: 'Time merged and unmerged' }).click();
    const times = this.page.getByRole('list', { name: 'Time per token' });
    await times.waitFor({ timeout: 180_000 });
    return times;
  }

  columns(): Locator {
    return this.page.getByRole('region', { name: /^Answer of / });
  }

  /** The column of an answerer by its name: `Base`, or the run's. */
  column(name: string | RegExp): Locator {
    const pattern = typeof name === 'string' ? `Answer of ${name}` : new RegExp(`^Answer of ${name.source}`);
    return this.page.getByRole('region', { name: pattern });
  }

  /** What a column says, marks of differences left out. */
  async answer(name: string | RegExp): Promise<string> {
    return this.column(name)
      .locator('p')
      .filter({ hasNot: this.page.locator('output') })
      .first()
      .evaluate((paragraph) =>
        [...paragraph.childNodes]
          .filter((node) => node.nodeName !== 'DEL')
          .map((node) => node.textContent)
          .join(''),
      );
  }

  async setStrength(name: string | RegExp, strength: number): Promise<void> {
    const slider = this.column(name).getByRole('slider');
    await slider.focus();
    const key = strength > Number(await slider.getAttribute('aria-valuenow')) ? 'ArrowRight' : 'ArrowLeft';
    for (let presses = 0; presses < 41; presses++) {
      if (Math.abs(Number(await slider.getAttribute('aria-valuenow')) - strength) < 0.01) return;
      await slider.press(key);
    }
    throw new Error(`The slider did not reach ${strength}`);
  }

  async judge(rows: 100 | 200 | 500, timeout: number): Promise<Locator> {
    await this.page.getByRole('radio', { name: String(rows) }).check({ force: true });
    await this.page.getByRole('button', { name: `Judge ${rows} held-out rows` }).click();
    const results = this.page.getByRole('list', { name: 'Right on held-out rows' }).getByRole('listitem');
    await expect(results).toHaveCount(await this.columns().count(), { timeout });
    return results;
  }
}
