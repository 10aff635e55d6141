import { render } from 'preact';
import { App } from './app.tsx';
import { keepOffline } from './offline/register.ts';
import { followAddress } from './router.tsx';
import { followTheme } from './state/theme.ts';
import './style.css';

keepOffline();
followTheme();
followAddress();
render(<App />, document.getElementById('app')!);
