import { useEffect } from 'preact/hooks';
import type { PlaygroundPage } from '../state/page.ts';
import { stepEvent, stepTick } from '../timeline/steps.ts';

/** Keys that work wherever nothing else needs them: arrows step, Ctrl-Enter runs, / searches. */
export function usePageKeys(page: PlaygroundPage): void {
  useEffect(() => {
    const take = (event: KeyboardEvent): void => {
      if (event.defaultPrevented) return;
      if ((event.ctrlKey || event.metaKey) && event.key === 'Enter') {
        event.preventDefault();
        void page.bench.start();
        return;
      }
      if (event.ctrlKey || event.metaKey || event.altKey || needsKeys(event.target)) return;
      const model = page.bench.model.value;
      const { cursor } = page.bench;
      if (event.key === '/') document.querySelector<HTMLElement>('.search input')?.focus();
      else if (model === null) return;
      else if (event.key === 'ArrowRight' || event.key === 'ArrowLeft') {
        const by = event.key === 'ArrowRight' ? 1 : -1;
        page.bench.seek(event.shiftKey ? stepTick(model, cursor.value, by) : stepEvent(model, cursor.value, by));
      } else if (event.key === 'Home') page.bench.seek(0);
      else if (event.key === 'End') page.bench.seek(model.run.events.count - 1);
      else return;
      event.preventDefault();
    };
    addEventListener('keydown', take);
    return () => removeEventListener('keydown', take);
  }, []);
}

/** Fields, lists of tabs and editors have a use for arrows themselves. */
function needsKeys(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest('input, select, textarea, [role="tablist"], .cm-editor') !== null;
}
