import { render } from 'preact';
import { App } from './app.tsx';
import { followAddress } from './router.tsx';
import { followTheme } from './state/theme.ts';
import './style.css';

followTheme();
followAddress();
render(<App />, document.getElementById('app')!);
