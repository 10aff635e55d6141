const CLASSES: Readonly<Record<string, string>> = {
  alnum: 'A-Za-z0-9',
  alpha: 'A-Za-z',
  digit: '0-9',
  lower: 'a-z',
  punct: '!-\\/:-@\\[-`{-~',
  space: ' \\t\\n\\r\\f\\v',
  upper: 'A-Z',
  xdigit: '0-9A-Fa-f',
};

/** A pattern as grep takes it: `\(`, `\|`, `\+` are operators and `(`, `|`, `+` letters. @throws SyntaxError */
export function basicRegExp(pattern: string, ignoreCase: boolean, words: boolean): RegExp {
  return compile(translate(pattern, true), ignoreCase, words);
}

/** A pattern as grep -E takes it. @throws SyntaxError */
export function extendedRegExp(pattern: string, ignoreCase: boolean, words: boolean): RegExp {
  return compile(translate(pattern, false), ignoreCase, words);
}

/** A pattern as grep -F takes it: every sign stands for itself. */
export function literalRegExp(pattern: string, ignoreCase: boolean, words: boolean): RegExp {
  return compile(pattern.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'), ignoreCase, words);
}

function compile(source: string, ignoreCase: boolean, words: boolean): RegExp {
  return new RegExp(words ? `(?<!\\w)(?:${source})(?!\\w)` : source, ignoreCase ? 'gi' : 'g');
}

function translate(pattern: string, basic: boolean): string {
  let out = '';
  for (let i = 0; i < pattern.length; i++) {
    const c = pattern[i]!;
    if (c === '[') {
      const end = bracketEnd(pattern, i);
      if (end < 0) throw new SyntaxError('unmatched [');
      out += bracket(pattern.slice(i + 1, end));
      i = end;
    } else if (c === '\\' && i + 1 < pattern.length) {
      const next = pattern[++i]!;
      if (basic && '(){}|+?'.includes(next)) out += next;
      else if (next === '<' || next === '>') out += '\\b';
      else out += /[A-Za-z0-9]/.test(next) && !'wWsSbB123456789'.includes(next) ? next : `\\${next}`;
    } else if (basic && '(){}|+?'.includes(c)) {
      out += `\\${c}`;
    } else {
      out += c === '*' && (out === '' || out === '^') ? '\\*' : c;
    }
  }
  return out;
}

/** A `]` that comes first, maybe after `^`, stands for itself. */
function bracketEnd(pattern: string, start: number): number {
  let i = start + 1;
  if (pattern[i] === '^') i++;
  if (pattern[i] === ']') i++;
  for (; i < pattern.length; i++) {
    if (pattern.startsWith('[:', i)) {
      const close = pattern.indexOf(':]', i);
      if (close >= 0) i = close + 1;
    } else if (pattern[i] === ']') {
      return i;
    }
  }
  return -1;
}

function bracket(content: string): string {
  const negated = content.startsWith('^');
  const body = (negated ? content.slice(1) : content)
    .split(/(\[:\w+:\])/)
    .map((part) => CLASSES[/^\[:(\w+):\]$/.exec(part)?.[1] ?? ''] ?? part.replace(/[\\\][]/g, '\\$&'))
    .join('');
  return `[${negated ? '^' : ''}${body}]`;
}
