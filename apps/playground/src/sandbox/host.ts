import type { Host } from '../engine/client.ts';
import type { Ask, Reply } from '../engine/protocol.ts';
// the bundler's way to say: the address of that worker, as one file
// eslint-disable-next-line no-restricted-syntax
import workerUrl from '../engine/sandbox-worker.ts?worker&url';
import { t } from '../i18n/index.ts';

/** Real time without a sign of life after which user code is stopped, in ms. */
const SILENCE_MS = 8000;
/** No network, no page: scripts from here only, and workers made of text. */
const POLICY = "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval' blob:; worker-src blob:";

/** Runs in the frame: makes the worker of the text it gets, and passes messages on. */
const FRAME = `<!doctype html><meta http-equiv="Content-Security-Policy" content="${POLICY}"><script>
let worker;
addEventListener('message', ({ data, source, ports }) => {
  if (source !== parent || worker !== undefined) return;
  const [port] = ports;
  worker = new Worker(URL.createObjectURL(new Blob([data.code], { type: 'text/javascript' })));
  worker.onmessage = (event) => port.postMessage({ reply: event.data });
  worker.onerror = (event) => port.postMessage({ lost: event.message || '' });
  port.onmessage = (event) => worker.postMessage(event.data);
});
</script>`;

/**
 * The model in a worker of a sandboxed frame, which has an origin of its own: code of users runs there, and is stopped
 * with the frame when it does not come back.
 */
export function sandboxHost(): Host {
  const frame = document.createElement('iframe');
  frame.setAttribute('sandbox', 'allow-scripts');
  frame.hidden = true;
  frame.title = 'sandbox';
  frame.srcdoc = FRAME;
  const { port1: port, port2 } = new MessageChannel();
  const asked = new Set<number>();
  let timer = 0;
  // to load the model takes as long as it takes
  let ready = false;
  let ended = false;
  const host: Host = {
    post(ask: Ask) {
      asked.add(ask.id);
      watch();
      port.postMessage(ask);
    },
    onreply: () => {},
    onlost: () => {},
    end() {
      ended = true;
      clearTimeout(timer);
      port.close();
      frame.remove();
    },
  };
  const watch = (): void => {
    clearTimeout(timer);
    if (asked.size === 0 || ended || !ready) return;
    timer = window.setTimeout(() => host.onlost(t('sandbox.time', { s: SILENCE_MS / 1000 })), SILENCE_MS);
  };
  port.onmessage = ({ data }: MessageEvent<{ readonly reply?: Reply | 'ready'; readonly lost?: string }>) => {
    if (data.reply === 'ready') {
      ready = true;
      return watch();
    }
    if (data.reply === undefined) return host.onlost(data.lost || t('sandbox.lost'));
    if (data.reply.kind !== 'progress') asked.delete(data.reply.id);
    watch();
    host.onreply(data.reply);
  };
  frame.onload = () => {
    frame.onload = null;
    fetch(workerUrl)
      .then((response) => response.text())
      .then((code) => {
        // a module without imports, as a script: what it declares stays out of the sight of user code
        frame.contentWindow?.postMessage({ code: `(() => {${code}\n})();` }, '*', [port2]);
      })
      .catch((error: unknown) => host.onlost(String(error)));
  };
  document.body.append(frame);
  return host;
}
