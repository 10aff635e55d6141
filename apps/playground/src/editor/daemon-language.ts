import type { CompletionContext, CompletionResult } from '@codemirror/autocomplete';
import type { Diagnostic, LintSource } from '@codemirror/lint';
import { MOST_COMPLETIONS } from './typescript-protocol.ts';
import { typescript } from './typescript-client.ts';

/** What the TypeScript compiler has against a daemon. */
export const daemonErrors: LintSource = async (view): Promise<Diagnostic[]> => {
  const found = await typescript('errors', { text: view.state.doc.toString() });
  const end = view.state.doc.length;
  return found.map(({ from, to, message, severity }) => ({
    from: Math.min(from, end),
    to: Math.min(Math.max(to, from), end),
    severity,
    message,
  }));
};

/** What the language service would put here. */
export async function daemonCompletions(context: CompletionContext): Promise<CompletionResult | null> {
  const word = context.matchBefore(/[\w$]*/);
  const before = context.state.sliceDoc(Math.max(0, context.pos - 1), context.pos);
  if (!context.explicit && (word === null || word.from === word.to) && before !== '.') return null;
  const found = await typescript('complete', { text: context.state.doc.toString(), at: context.pos });
  if (context.aborted || found.length === 0) return null;
  return {
    from: word?.from ?? context.pos,
    options: found.map(({ label, detail }) => ({ label, detail })),
    ...(found.length < MOST_COMPLETIONS && { validFor: /^[\w$]*$/ }),
  };
}
