import { Lexer, isAlias, isCollection, isNode, isPair, isScalar, parseDocument } from 'yaml';
import type { Alias, Document, Node } from 'yaml';
import type { Problems } from './errors.ts';
import { Lines } from './utf8.ts';

/** How deep the brackets, lists and maps of a file may nest. A statement within `do` or `then` takes three levels. */
export const MAX_DEPTH = 120;

/** How many tokens (words, indicators, runs of blanks, line ends, escapes in quotes) a file may have: what keeps the worst file fast. */
export const MAX_TOKENS = 200_000;

/** A well-formed YAML file. */
export interface YamlFile {
  /** Its content; null if there is none. */
  readonly root: Node | null;
  /** Where an offset is. */
  readonly lines: Lines;
  /** The node that each alias stands for. No node contains an alias of itself. */
  readonly targets: ReadonlyMap<Alias, Node>;
}

/**
 * Parse YAML without making values of it: the positions are needed later.
 * @throws ScenarioError `SCENARIO_TOO_DEEP`, `SCENARIO_TOO_MUCH`, `SCENARIO_YAML`, `SCENARIO_ALIAS`
 */
export function parseYaml(text: string, problems: Problems): YamlFile {
  const lines = new Lines(text);
  checkProperties(text, lines, problems);
  checkTokens(text, lines, problems);
  // uniqueKeys compares every key with every other; NodeReader.entries() does it in linear time
  const document = parseDocument(text, { prettyErrors: false, uniqueKeys: false, strict: true, logLevel: 'error' });
  reportSyntax(document, lines, problems);
  problems.check();
  const targets = resolveAliases(document, lines, problems);
  problems.check();
  return { root: document.contents as Node | null, lines, targets };
}

/** The lexer recurses from one anchor or tag of a line to the next. */
function checkProperties(text: string, lines: Lines, problems: Problems): void {
  const run = /(?:[&!*][^\s]{0,99}[ \t]+){20}/.exec(text);
  if (!run) return;
  problems.add(
    'SCENARIO_YAML',
    lines.position(run.index),
    'twenty YAML anchors, tags or aliases in a row; a value has one anchor at most',
  );
  problems.check();
}

/**
 * The parser recurses into nested collections, so depth is limited before it runs. An upper estimate: open brackets, plus the
 * number of different columns at which the block collections around the current token start.
 */
function checkTokens(text: string, lines: Lines, problems: Problems): void {
  const columns: number[] = [];
  let offset = 0;
  let lineStart = 0;
  let brackets = 0;
  let starts = true;
  let count = 0;
  for (const token of new Lexer().lex(text)) {
    const first = token.charCodeAt(0);
    // markers of the lexer, no part of the text; control characters were refused earlier
    if (token === '\x02' || token === '\x18' || token === '\x1f') continue;
    count += first === 34 ? token.split('\\').length : 1;
    if (count > MAX_TOKENS) {
      problems.add(
        'SCENARIO_TOO_MUCH',
        lines.position(offset),
        `the file has more than ${MAX_TOKENS} YAML tokens (MAX_TOKENS); use repeat or functions`,
      );
      problems.check();
    }
    const blank = first === 32 || first === 9 || first === 35 || first === 10 || first === 13;
    if (!blank && starts && brackets === 0) {
      const column = offset - lineStart;
      while (columns.length > 0 && columns[columns.length - 1]! >= column) columns.pop();
      columns.push(column);
    }
    if (!blank) starts = token === '-' || token === '?' || token === ':';
    if (token === '[' || token === '{') brackets++;
    else if ((token === ']' || token === '}') && brackets > 0) brackets--;
    if (columns.length + brackets > MAX_DEPTH) {
      problems.add(
        'SCENARIO_TOO_DEEP',
        lines.position(offset),
        `nested more than ${MAX_DEPTH} levels deep (MAX_DEPTH); move inner statements into functions of their own`,
      );
      problems.check();
    }
    const newline = Math.max(token.lastIndexOf('\n'), token.lastIndexOf('\r'));
    if (newline >= 0) {
      lineStart = offset + newline + 1;
      starts = true;
    }
    offset += token.length;
  }
}

/** One problem per line: what follows an error on its line is mostly its echo. */
function reportSyntax(document: Document.Parsed, lines: Lines, problems: Problems): void {
  const reported = new Set<number>();
  for (const error of [...document.errors, ...document.warnings]) {
    const at = lines.position(error.pos[0]);
    if (reported.has(at.line)) continue;
    reported.add(at.line);
    problems.add('SCENARIO_YAML', at, ADVICE.get(error.code) ?? `not valid YAML: ${error.message}`);
  }
}

/** Better words for the mistakes that people make. */
const ADVICE: ReadonlyMap<string, string> = new Map([
  ['MULTIPLE_DOCS', 'a second YAML document starts here; a file holds one scenario'],
  ['TAB_AS_INDENT', 'a tab is used as indentation; YAML indents with spaces'],
  ['TAG_RESOLVE_FAILED', 'YAML tags (!word) have no meaning in a scenario; remove it, or quote the text'],
  [
    'BLOCK_AS_IMPLICIT_KEY',
    'not valid YAML: a second "key: value" on the same line; put it on a line of its own, or quote the text that contains ": "',
  ],
]);

/** In document order, for an alias stands for the last anchor of its name before it. */
function resolveAliases(document: Document.Parsed, lines: Lines, problems: Problems): Map<Alias, Node> {
  const targets = new Map<Alias, Node>();
  const anchors = new Map<string, Anchor>();
  /** Depth below a node, aliases written out. */
  const walk = (node: unknown): number => {
    if (isAlias(node)) return follow(node);
    if (!isNode(node)) return isPair(node) ? Math.max(walk(node.key), walk(node.value)) : 0;
    const anchor: Anchor = { node, open: true, depth: 0 };
    if ((isScalar(node) || isCollection(node)) && node.anchor !== undefined) anchors.set(node.anchor, anchor);
    if (isCollection(node)) for (const item of node.items) anchor.depth = Math.max(anchor.depth, 1 + walk(item));
    anchor.open = false;
    return anchor.depth;
  };
  const follow = (alias: Alias): number => {
    const at = lines.position(alias.range?.[0] ?? 0);
    const anchor = anchors.get(alias.source);
    if (!anchor) problems.add('SCENARIO_ALIAS', at, `there is no anchor &${alias.source} before this alias`);
    else if (anchor.open)
      problems.add(
        'SCENARIO_ALIAS',
        at,
        `the alias *${alias.source} stands for something that contains it, without end; write it out, or use repeat or while`,
      );
    else if (anchor.depth > MAX_DEPTH)
      problems.add(
        'SCENARIO_TOO_DEEP',
        at,
        `the alias *${alias.source} stands for something more than ${MAX_DEPTH} levels deep (MAX_DEPTH)`,
      );
    else targets.set(alias, anchor.node);
    return anchor?.open === false ? anchor.depth : 0;
  };
  walk(document.contents);
  return targets;
}

/** A node that aliases stand for; `open` while the walk is inside it. */
interface Anchor {
  readonly node: Node;
  open: boolean;
  depth: number;
}
