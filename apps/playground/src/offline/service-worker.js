// The build fills in what stands in capitals; see vite.offline.mjs.
const CACHE = `kernel-model-${'VERSION'}`;
const NOW = [];
const LATER = [];

// No skipWaiting: a page keeps the files that it was loaded with, and the next visit has the new ones.
addEventListener('install', (event) => {
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(NOW)));
});

addEventListener('activate', (event) => {
  const old = (name) => name.startsWith('kernel-model-') && name !== CACHE;
  event.waitUntil(
    caches
      .keys()
      .then((names) => Promise.all(names.filter(old).map((name) => caches.delete(name))))
      .then(() => clients.claim()),
  );
});

addEventListener('message', ({ data }) => {
  if (data === 'later') void caches.open(CACHE).then((cache) => cache.addAll(LATER));
});

addEventListener('fetch', (event) => {
  const { request } = event;
  const scope = new URL('./', location.href).pathname;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== 'GET' || origin !== location.origin) return;
  const page = pathname === scope || pathname === `${scope}index.html`;
  event.respondWith(
    caches
      .open(CACHE)
      .then((cache) => cache.match(page ? './' : request, { ignoreSearch: true }))
      .then((kept) => kept ?? fetch(request)),
  );
});
