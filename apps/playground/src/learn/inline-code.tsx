import type { JSX } from 'preact';

/** A sentence with code in backticks. */
export function Inline({ text }: { readonly text: string }): JSX.Element {
  return <>{text.split('`').map((part, i) => (i % 2 === 1 ? <code key={i}>{part}</code> : part))}</>;
}
