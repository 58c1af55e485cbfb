// The form in a run's export panel that pushes it to the Hub.
import type { Locator, Page } from '@playwright/test';

export class PushForm {
  readonly form: Locator;
  readonly repository: Locator;
  readonly token: Locator;
  readonly push: Locator;
  readonly alert: Locator;
  readonly status: Locator;

  constructor(readonly page: Page) {
    this.form = page.getByRole('form', { name: 'Push to the Hugging Face Hub' });
    this.repository = this.form.getByRole('textbox', { name: 'Repository' });
    this.token = this.form.getByLabel('Token that may write');
    this.push = this.form.getByRole('button', { name: 'Push to the Hub' });
    this.alert = this.form.getByRole('alert');
    this.status = this.form.getByRole('status');
  }

  async chooseServer(address: string): Promise<void> {
    await this.form.getByText('Branch, another server').click();
    await this.form.getByRole('textbox', { name: 'Server' }).fill(address);
  }

  /** By how its line begins. */
  async chooseWhat(label: RegExp): Promise<void> {
    const option = this.form.getByRole('option', { name: label });
    await this.form.getByLabel('What to push').selectOption((await option.getAttribute('value')) ?? '');
  }
}
