// Finds a Chromium-family browser for the journeys: the one named by RANKWISE_BROWSER, an installed Chrome, Chromium or
// Edge, or the one Playwright downloaded. On Debian as root it may install the package.
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { chromium } from '@playwright/test';

const INSTALL_HINT =
  'No browser for the journeys: install Chrome, Chromium or Edge, or run "npx playwright install chromium", ' +
  'or set RANKWISE_BROWSER to the executable.';

const SOFTWARE_FLAGS = [
  '--no-sandbox',
  '--enable-unsafe-webgpu',
  '--use-webgpu-adapter=swiftshader',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-quic',
];
const GPU_FLAGS = ['--enable-unsafe-webgpu', '--enable-features=Vulkan'];

/**
 * Flags that give the journeys WebGPU. RANKWISE_ADAPTER=gpu says there is one; the test command finds out. On Linux
 * otherwise none is assumed.
 */
export function browserFlags(): string[] {
  const named = process.env.RANKWISE_ADAPTER;
  const hasGpu = named ? named === 'gpu' : process.platform !== 'linux';
  return hasGpu ? GPU_FLAGS : SOFTWARE_FLAGS;
}

/** Path of a browser's executable, or null. Throws when RANKWISE_BROWSER names a file that is not there. */
export function findBrowser(): string | null {
  const named = process.env.RANKWISE_BROWSER;
  if (named) {
    if (!isExecutable(named)) throw new Error(`RANKWISE_BROWSER: no executable at ${named}`);
    return named;
  }
  return [...installedBrowsers(), chromium.executablePath()].find(isExecutable) ?? null;
}

/** As findBrowser, but installs Debian's Chromium where it may. Throws one line on what to install otherwise. */
export function findOrInstallBrowser(): string {
  const found = findBrowser();
  if (found !== null) return found;
  if (isRootOnDebian()) {
    installDebianPackages(['chromium', 'libvulkan1', 'mesa-vulkan-drivers']);
    const installed = findBrowser();
    if (installed !== null) return installed;
  }
  throw new Error(INSTALL_HINT);
}

/** True where `apt-get install` can be expected to work without asking. */
export function isRootOnDebian(): boolean {
  return existsSync('/etc/debian_version') && process.getuid?.() === 0;
}

/** Installs with apt-get, its output shown on standard error. A failure shows in what is then still missing. */
export function installDebianPackages(names: string[]): void {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  for (const args of [['update'], ['install', '-y', '--no-install-recommends', ...names]]) {
    spawnSync('apt-get', ['-qq', ...args], { env, stdio: ['ignore', 2, 2], timeout: 300_000 });
  }
}

function installedBrowsers(): string[] {
  switch (process.platform) {
    case 'darwin':
      return ['Google Chrome', 'Chromium', 'Microsoft Edge'].map(
        (name) => `/Applications/${name}.app/Contents/MacOS/${name}`,
      );
    case 'win32':
      return windowsBrowsers();
    default:
      return linuxBrowsers();
  }
}

function linuxBrowsers(): string[] {
  const names = ['chromium', 'google-chrome-stable', 'google-chrome', 'chromium-browser', 'microsoft-edge-stable'];
  const folders = (process.env.PATH ?? '').split(delimiter).filter(Boolean);
  return names.flatMap((name) => [...folders, '/usr/bin'].map((folder) => join(folder, name)));
}

function windowsBrowsers(): string[] {
  const roots = [process.env.PROGRAMFILES, process.env['PROGRAMFILES(X86)'], process.env.LOCALAPPDATA];
  const programs = [
    'Google\\Chrome\\Application\\chrome.exe',
    'Chromium\\Application\\chrome.exe',
    'Microsoft\\Edge\\Application\\msedge.exe',
  ];
  return roots.flatMap((root) => (root ? programs.map((program) => join(root, program)) : []));
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
