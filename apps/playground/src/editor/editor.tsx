import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { t } from '../i18n/index.ts';
import type { EditorHandle, EditorLanguage } from './setup.ts';

/** What an {@link Editor} edits. */
export interface EditorProps {
  readonly language: EditorLanguage;
  readonly text: string;
  readonly label: string;
  readonly onChange: (text: string) => void;
  /** Ctrl-Enter. */
  readonly onRun: () => void;
  /** Line to point at, 1-based; 0 for none. */
  readonly line?: number;
  /** Something else comes first: the editor's code is loaded afterwards, or when the text field is entered. */
  readonly waits?: boolean;
}

/** A code editor; a plain text field until its code is loaded, or if it cannot be. */
export function Editor(props: EditorProps): JSX.Element {
  const box = useRef<HTMLDivElement>(null);
  const handle = useRef<EditorHandle | null>(null);
  const latest = useRef(props);
  latest.current = props;
  const entered = useSignal(false);
  const wanted = props.waits !== true || entered.value;
  useEffect(() => {
    if (!wanted) return;
    let gone = false;
    void import('./setup.ts').then(async ({ createEditor }) => {
      // its code has just been run: whoever waits for the page comes first
      await new Promise((resolve) => setTimeout(resolve));
      if (gone || box.current === null) return;
      const plain = box.current.querySelector('textarea');
      const focused = plain !== null && document.activeElement === plain;
      handle.current = createEditor(box.current, {
        language: latest.current.language,
        text: latest.current.text,
        label: latest.current.label,
        keys: t('program.editorKeys'),
        onChange: (text) => latest.current.onChange(text),
        onRun: () => latest.current.onRun(),
      });
      plain?.remove();
      if (focused) handle.current.focus();
      handle.current.point(latest.current.line ?? 0);
    });
    return () => {
      gone = true;
      handle.current?.destroy();
      handle.current = null;
    };
  }, [props.language, wanted]);
  // at once: an effect that came later would put back what was there before the next key
  useLayoutEffect(() => handle.current?.setText(props.text), [props.text]);
  useEffect(() => handle.current?.point(props.line ?? 0), [props.line]);
  return (
    <div class="editor" ref={box} title={t('program.editorKeys')}>
      <textarea
        class="plain-editor"
        aria-label={props.label}
        spellcheck={false}
        value={props.text}
        onFocus={() => (entered.value = true)}
        onInput={(event) => props.onChange(event.currentTarget.value)}
      />
    </div>
  );
}
