// The studio as a visitor meets it: opened, with everything the browser complained about kept.
import type { Page } from '@playwright/test';

export class StudioPage {
  /** Console errors, uncaught exceptions, failed requests and content-security-policy violations, in order. */
  readonly complaints: string[] = [];

  constructor(readonly page: Page) {
    page.on('console', (message) => {
      if (message.type() === 'error') this.complaints.push(`console: ${message.text()}`);
    });
    page.on('pageerror', (error) => this.complaints.push(`uncaught: ${error.message}`));
    page.on('requestfailed', (request) => this.complaints.push(`failed request: ${request.url()}`));
    page.on('response', (response) => {
      if (response.status() >= 400) this.complaints.push(`${response.status()}: ${response.url()}`);
    });
  }

  /** Opens `path` and waits until the studio has drawn something. */
  async open(path = '/'): Promise<void> {
    // A violation is also an error on the console, but not where the page's own listener prevents it.
    await this.page.addInitScript(() => {
      document.addEventListener('securitypolicyviolation', (event) => {
        console.error(`content security policy: ${event.violatedDirective} blocked ${event.blockedURI}`);
      });
    });
    await this.page.goto(path);
    await this.page.getByRole('heading').first().waitFor();
  }
}
