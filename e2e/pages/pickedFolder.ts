// The folder picker is the browser's own window; a folder of the page's private file system stands in for what it gives.
import type { Page } from '@playwright/test';

export class PickedFolder {
  constructor(readonly page: Page) {}

  /** From now on, until the page is loaded again, the picker gives this folder. */
  async standIn(): Promise<void> {
    await this.page.evaluate(() => {
      window.showDirectoryPicker = async () =>
        (await navigator.storage.getDirectory()).getDirectoryHandle('picked', { create: true });
    });
  }

  /** Paths of its files. */
  async files(): Promise<string[]> {
    return this.page.evaluate(async () => {
      const list = async (folder: FileSystemDirectoryHandle, path: string): Promise<string[]> => {
        const names: string[] = [];
        for await (const [name, entry] of folder.entries()) {
          if (entry instanceof FileSystemDirectoryHandle) names.push(...(await list(entry, `${path}${name}/`)));
          else names.push(`${path}${name}`);
        }
        return names.sort();
      };
      return list(await (await navigator.storage.getDirectory()).getDirectoryHandle('picked'), '');
    });
  }
}
