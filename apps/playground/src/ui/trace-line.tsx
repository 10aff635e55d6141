import type { JSX } from 'preact';

/** A line of the trace that leads to its event. On a phone the columns are not aligned, and the flags are left out. */
export function TraceLine({
  text,
  current,
  onClick,
}: {
  readonly text: string;
  readonly current: boolean;
  readonly onClick: () => void;
}): JSX.Element {
  const [, indent, task, gap, cpu, flags, rest] = /^( *)(\S.*?-\d+)( *)( \[\d+\])( \S+ *)( \d.*)$/.exec(text) ?? [];
  return (
    <button class="line" aria-current={current ? 'true' : undefined} onClick={onClick}>
      {rest === undefined ? (
        text
      ) : (
        <>
          <span class="column">{indent}</span>
          {task}
          <span class="column">{gap}</span>
          {cpu}
          <span class="column">{flags}</span>
          {rest}
        </>
      )}
    </button>
  );
}
