// Where software Vulkan drivers lie on a machine without a GPU: Mesa's lavapipe and Chromium's SwiftShader.
// A driver is named by its ICD manifest, a small JSON file that the Vulkan loader reads.
import { existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

export type SoftwareDriver = 'lavapipe' | 'swiftshader';

/** ICD manifests of `driver` on this machine, likeliest first. Empty when it is not installed. */
export function findDriverManifests(driver: SoftwareDriver): string[] {
  return driver === 'lavapipe' ? lavapipeManifests() : swiftshaderManifests();
}

function lavapipeManifests(): string[] {
  const folders = ['/usr/share/vulkan/icd.d', '/usr/local/share/vulkan/icd.d', '/etc/vulkan/icd.d'];
  const isOurs = (name: string) => /^lvp_icd.*\.json$/.test(name) && !name.includes('i686');
  return folders.flatMap((folder) =>
    namesIn(folder)
      .filter(isOurs)
      .map((name) => join(folder, name)),
  );
}

function swiftshaderManifests(): string[] {
  const installs = [
    '/usr/lib/chromium',
    '/usr/lib/chromium-browser',
    '/usr/lib64/chromium-browser',
    '/opt/google/chrome',
    '/opt/google/chrome-beta',
    '/opt/google/chrome-unstable',
    '/opt/microsoft/msedge',
    '/snap/chromium/current/usr/lib/chromium-browser',
  ];
  return [...installs, ...playwrightBrowserFolders()]
    .map((folder) => join(folder, 'vk_swiftshader_icd.json'))
    .filter((path) => existsSync(path));
}

/** Folders of the Chromium builds that Playwright downloaded, newest first. */
function playwrightBrowserFolders(): string[] {
  const cache = process.env.PLAYWRIGHT_BROWSERS_PATH ?? join(homedir(), '.cache', 'ms-playwright');
  const builds = namesIn(cache).filter((name) => name.startsWith('chromium'));
  builds.sort((a, b) => b.localeCompare(a, 'en', { numeric: true }));
  return builds.flatMap((build) => namesIn(join(cache, build)).map((platform) => join(cache, build, platform)));
}

function namesIn(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}
