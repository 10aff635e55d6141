import { useSignal } from '@preact/signals';
import type { ComponentType, JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { locale, t } from './i18n/index.ts';
import { Playground } from './ui/playground.tsx';
import { Header } from './ui/header.tsx';
import { path, routeOf, type PageProps, type Route } from './router.tsx';

/** Pages besides the playground. */
const ROUTES: readonly Route[] = [{ path: '/learn', load: () => import('./learn/index.tsx') }];

/** Header and page. */
export function App(): JSX.Element {
  const route = routeOf(ROUTES, path.value);
  useEffect(() => {
    document.documentElement.lang = locale.value === 'zh' ? 'zh-Hans' : 'en';
    document.title = t('app.title');
  }, [locale.value]);
  return (
    <>
      <Header />
      {route === null ? <Playground /> : <Lazy key={route.path} route={route} />}
    </>
  );
}

function Lazy({ route }: { readonly route: Route }): JSX.Element {
  const page = useSignal<{ readonly Page: ComponentType<PageProps> } | null>(null);
  useEffect(() => {
    void route.load().then((loaded) => (page.value = loaded));
  }, []);
  const { Page } = page.value ?? {};
  return Page === undefined ? <main class="page" /> : <Page rest={path.value.slice(route.path.length)} />;
}
