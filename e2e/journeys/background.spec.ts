// Training keeps its pace behind another tab. Playwright tells every page that it has the focus, so this page is one that
// Playwright does not know of: a tab of the browser's own, driven through the browser's debugging session, with the
// throttling that people's browsers have.
import { type CDPSession, chromium, expect, test } from '@playwright/test';

/** What Playwright would switch off. */
const THROTTLING = [
  '--disable-background-timer-throttling',
  '--disable-backgrounding-occluded-windows',
  '--disable-renderer-backgrounding',
];
const WINDOW_MS = 12_000;
/** Others use this machine too: what throttling would cost (a step a second, or none at all) is more than this. */
const LEAST_SHARE = 0.5;

/** Counts the steps that the worker tells of. */
const COUNT_STEPS = `
  window.stepsTold = 0;
  window.Worker = class extends Worker {
    constructor(...options) {
      super(...options);
      this.addEventListener('message', ({ data }) => {
        if (data.kind === 'steps') window.stepsTold += data.steps.length;
      });
    }
  };`;

const TRAIN = `[...document.querySelectorAll('section[aria-label=Go] button')].find((b) => b.textContent === 'Train')`;

/** Types into a number field as React expects it. */
function typing(label: string, value: number): string {
  return `{
    const input = [...document.querySelectorAll('label')].find((l) => l.textContent.startsWith('${label}')).control;
    Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set.call(input, '${value}');
    input.dispatchEvent(new Event('input', { bubbles: true }));
  }`;
}

class Tab {
  readonly #waiting = new Map<number, (answer: { result?: { value?: unknown } }) => void>();
  #lastId = 0;

  private constructor(
    readonly browser: CDPSession,
    readonly targetId: string,
    readonly sessionId: string,
  ) {
    browser.on('Target.receivedMessageFromTarget', ({ message }) => {
      const { id, result } = JSON.parse(message);
      this.#waiting.get(id)?.(result);
    });
  }

  static async open(browser: CDPSession): Promise<Tab> {
    const { targetId } = await browser.send('Target.createTarget', { url: 'about:blank' });
    const { sessionId } = await browser.send('Target.attachToTarget', { targetId, flatten: false });
    return new Tab(browser, targetId, sessionId);
  }

  async send(method: string, params: object) {
    const id = ++this.#lastId;
    const answer = new Promise<{ result?: { value?: unknown } }>((resolve) => this.#waiting.set(id, resolve));
    const message = JSON.stringify({ id, method, params });
    await this.browser.send('Target.sendMessageToTarget', { sessionId: this.sessionId, message });
    return answer;
  }

  async evaluate(expression: string): Promise<unknown> {
    return (await this.send('Runtime.evaluate', { expression })).result?.value;
  }

  async bringToFront(): Promise<void> {
    await this.browser.send('Target.activateTarget', { targetId: this.targetId });
  }
}

test('keeps its pace behind another tab', async ({ baseURL, launchOptions }) => {
  const browser = await chromium.launch({ ...launchOptions, ignoreDefaultArgs: THROTTLING });
  try {
    const session = await browser.newBrowserCDPSession();
    const page = await Tab.open(session);
    await page.send('Page.enable', {});
    await page.send('Page.addScriptToEvaluateOnNewDocument', { source: COUNT_STEPS });
    await page.send('Page.navigate', { url: `${baseURL}/#/train` });
    await expect.poll(() => page.evaluate(`${TRAIN}?.disabled === false`), { timeout: 120_000 }).toBe(true);
    // Many short steps and nothing between them.
    for (const typed of [typing('Batch', 1), typing('Steps', 5000), typing('Validate every', 0)]) {
      await page.evaluate(typed);
    }
    const other = await Tab.open(session);
    await page.bringToFront();
    await page.evaluate(`${TRAIN}.click()`);
    await expect.poll(() => page.evaluate('window.stepsTold > 5'), { timeout: 240_000 }).toBe(true);

    const steps = { visible: 0, hidden: 0 };
    for (const shown of [page, other, page, other]) {
      await shown.bringToFront();
      const state = shown === page ? 'visible' : 'hidden';
      await expect.poll(() => page.evaluate('document.visibilityState')).toBe(state);
      const before = Number(await page.evaluate('window.stepsTold'));
      await new Promise((resolve) => setTimeout(resolve, WINDOW_MS));
      steps[state] += Number(await page.evaluate('window.stepsTold')) - before;
    }
    test.info().annotations.push({ type: 'steps', description: JSON.stringify(steps) });
    expect(steps.visible).toBeGreaterThan(0);
    expect(steps.hidden).toBeGreaterThan(LEAST_SHARE * steps.visible);
  } finally {
    await browser.close();
  }
});
