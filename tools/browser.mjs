// The browser of the tests: Chromium from the path, else installed through apt-get where that is possible.
import { execFileSync, spawnSync } from 'node:child_process';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'chromium-headless-shell'];

/** Path of a Chromium; null if there is none. The variable CHROMIUM names one. */
export function findBrowser() {
  if (process.env.CHROMIUM) return process.env.CHROMIUM;
  for (const name of NAMES) {
    const found = spawnSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' });
    if (found.status === 0) return found.stdout.trim();
  }
  return null;
}

/** Path of a Chromium, which is installed if need be; null if it cannot be had. */
export function ensureBrowser() {
  const found = findBrowser();
  if (found !== null) return found;
  const sudo = process.getuid?.() === 0 ? [] : ['sudo', '-n'];
  if (spawnSync('sh', ['-c', 'command -v apt-get']).status !== 0) return null;
  console.log('setup: install Chromium for the browser tests (apt-get install chromium) ...');
  try {
    for (const args of [['update'], ['install', '-y', '--no-install-recommends', 'chromium']]) {
      const [command, ...rest] = [...sudo, 'apt-get', ...args];
      execFileSync(command, rest, { stdio: 'ignore', env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } });
    }
  } catch {
    return null;
  }
  return findBrowser();
}
