import {
  autocompletion,
  closeBrackets,
  closeBracketsKeymap,
  completionKeymap,
  type CompletionSource,
} from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands';
import { javascript } from '@codemirror/lang-javascript';
import { yaml } from '@codemirror/lang-yaml';
import {
  HighlightStyle,
  bracketMatching,
  foldGutter,
  foldKeymap,
  indentOnInput,
  syntaxHighlighting,
} from '@codemirror/language';
import { lintGutter, lintKeymap, linter, type Diagnostic, type LintSource } from '@codemirror/lint';
import { highlightSelectionMatches, searchKeymap } from '@codemirror/search';
import { EditorState, StateEffect, StateField, type Extension } from '@codemirror/state';
import {
  Decoration,
  EditorView,
  drawSelection,
  highlightActiveLine,
  keymap,
  lineNumbers,
  type DecorationSet,
} from '@codemirror/view';
import { tags } from '@lezer/highlight';
import { daemonCompletions, daemonErrors } from './daemon-language.ts';
import { scenarioCompletions, scenarioErrors } from './scenario-language.ts';

/** What can be edited. */
export type EditorLanguage = 'scenario' | 'daemon' | 'readonly';

/** An editor on the page. */
export interface EditorHandle {
  setText(text: string): void;
  /** Mark a line, 1-based, and bring it into sight; 0 marks none. */
  point(line: number): void;
  focus(): void;
  destroy(): void;
}

/** How an editor is made. */
export interface EditorOptions {
  readonly language: EditorLanguage;
  readonly text: string;
  readonly label: string;
  /** Says which keys do what: Tab does not lead out of an editor. */
  readonly keys: string;
  readonly onChange: (text: string) => void;
  readonly onRun: () => void;
}

const pointAt = StateEffect.define<number>();
const pointed = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(value, transaction) {
    for (const effect of transaction.effects) {
      if (!effect.is(pointAt)) continue;
      const { doc } = transaction.state;
      if (effect.value < 1 || effect.value > doc.lines) return Decoration.none;
      return Decoration.set([Decoration.line({ class: 'cm-pointed' }).range(doc.line(effect.value).from)]);
    }
    return value.map(transaction.changes);
  },
  provide: (field) => EditorView.decorations.from(field),
});

/** Colours come from the page's custom properties, so that light and dark follow it. */
const look = EditorView.theme({
  '&': { height: '100%', fontSize: 'var(--t-note)', backgroundColor: 'var(--surface)', color: 'var(--text)' },
  '&.cm-focused': { outline: 'none' },
  // above the line numbers, which would hide an outline
  '&.cm-focused::after': {
    content: '""',
    position: 'absolute',
    inset: '0',
    zIndex: '300',
    border: '2px solid var(--accent)',
    pointerEvents: 'none',
  },
  '.cm-scroller': { fontFamily: 'var(--mono)', lineHeight: '1.6' },
  '.cm-content': { padding: '8px 0', caretColor: 'var(--text)' },
  '.cm-gutters': { backgroundColor: 'var(--surface)', color: 'var(--muted)', border: 'none' },
  '.cm-activeLine, .cm-activeLineGutter': { backgroundColor: 'transparent' },
  '&.cm-focused .cm-activeLine': { backgroundColor: 'color-mix(in srgb, var(--faint) 60%, transparent)' },
  '&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground': {
    backgroundColor: 'color-mix(in srgb, var(--accent) 22%, transparent) !important',
  },
  '.cm-cursor': { borderLeftColor: 'var(--text)' },
  '.cm-pointed': { backgroundColor: 'color-mix(in srgb, var(--state-runnable) 28%, transparent)' },
  '.cm-tooltip': {
    backgroundColor: 'var(--surface)',
    color: 'var(--text)',
    border: '1px solid var(--line)',
    borderRadius: 'var(--radius)',
  },
  '.cm-tooltip-autocomplete ul li[aria-selected]': { backgroundColor: 'var(--accent)', color: 'var(--on-accent)' },
  '.cm-completionDetail': { color: 'var(--muted)' },
  '.cm-tooltip-autocomplete ul li[aria-selected] .cm-completionDetail': { color: 'inherit' },
  '.cm-panels': { backgroundColor: 'var(--faint)', color: 'var(--text)' },
  '.cm-foldPlaceholder': { backgroundColor: 'var(--faint)', border: 'none', color: 'var(--muted)' },
});

const colours = HighlightStyle.define([
  { tag: [tags.keyword, tags.controlKeyword, tags.definitionKeyword], color: 'var(--code-keyword)' },
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: 'var(--code-name)' },
  { tag: [tags.string, tags.special(tags.string)], color: 'var(--code-string)' },
  { tag: [tags.number, tags.bool, tags.null], color: 'var(--code-number)' },
  { tag: [tags.comment, tags.lineComment, tags.blockComment], color: 'var(--muted)', fontStyle: 'italic' },
  { tag: [tags.typeName, tags.className], color: 'var(--code-type)' },
]);

/** Make an editor in an element. */
export function createEditor(parent: HTMLElement, options: EditorOptions): EditorHandle {
  const { language, text, label, keys, onChange, onRun } = options;
  const view = new EditorView({
    parent,
    state: EditorState.create({
      doc: text,
      extensions: [
        lineNumbers(),
        foldGutter(),
        drawSelection(),
        syntaxHighlighting(colours),
        look,
        pointed,
        EditorView.contentAttributes.of({ 'aria-label': label, 'aria-description': keys, tabindex: '0' }),
        language === 'daemon' ? javascript({ typescript: true }) : yaml(),
        language === 'readonly' ? EditorState.readOnly.of(true) : editing(language, onRun),
        keymap.of([...defaultKeymap, ...searchKeymap, ...foldKeymap]),
        EditorView.updateListener.of((update) => {
          if (update.docChanged) onChange(update.state.doc.toString());
        }),
      ],
    }),
  });
  return {
    setText(next) {
      if (next === view.state.doc.toString()) return;
      view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: next } });
    },
    point(line) {
      const { doc } = view.state;
      const at =
        line >= 1 && line <= doc.lines ? [EditorView.scrollIntoView(doc.line(line).from, { y: 'center' })] : [];
      view.dispatch({ effects: [pointAt.of(line), ...at] });
    },
    focus: () => view.focus(),
    destroy: () => view.destroy(),
  };
}

function editing(language: 'scenario' | 'daemon', onRun: () => void): Extension {
  const run = { key: 'Mod-Enter', run: () => (onRun(), true) };
  const [complete, errors]: [CompletionSource, LintSource] =
    language === 'daemon' ? [daemonCompletions, daemonErrors] : [scenarioCompletions, scenarioErrors];
  return [
    history(),
    indentOnInput(),
    bracketMatching(),
    closeBrackets(),
    highlightActiveLine(),
    highlightSelectionMatches(),
    autocompletion({ override: [complete], icons: false }),
    linter(errors, { delay: language === 'daemon' ? 500 : 250 }),
    lintGutter(),
    keymap.of([
      run,
      ...closeBracketsKeymap,
      ...completionKeymap,
      ...historyKeymap,
      ...lintKeymap,
      // Escape and then Tab leaves the editor
      indentWithTab,
    ]),
  ];
}

/** A problem at a line and a column, both 1-based, as a diagnostic up to the end of the word there. */
export function diagnosticAt(state: EditorState, lineNumber: number, column: number, message: string): Diagnostic {
  const line = state.doc.line(Math.min(Math.max(1, lineNumber), state.doc.lines));
  const from = Math.min(line.from + Math.max(0, column - 1), line.to);
  const word = /^[\w-]+/.exec(line.text.slice(from - line.from))?.[0].length ?? 1;
  return { from, to: Math.min(Math.max(from + word, from + 1), Math.max(line.to, from)), severity: 'error', message };
}
