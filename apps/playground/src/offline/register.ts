/** Keep the site for visits without a network. Nothing happens where that is not possible. */
export function keepOffline(): void {
  if (!import.meta.env.PROD || !('serviceWorker' in navigator)) return;
  addEventListener('load', () => setTimeout(register, SETTLED_MS));
}

function register(): void {
  navigator.serviceWorker.register('./sw.js').then(
    () => navigator.serviceWorker.ready.then(({ active }) => setTimeout(() => active?.postMessage('later'), LATER_MS)),
    () => {
      // from a file, or where the browser forbids it: the page works all the same
    },
  );
}

/** To keep all files is work for the computer, and the reader waits for something else first. */
const SETTLED_MS = 2500;
/** Large files are fetched when the page has had time to settle. */
const LATER_MS = 5000;
