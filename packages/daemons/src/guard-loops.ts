import { parse, type Function as FunctionNode, type Node, type Statement } from 'acorn';
import { ancestor } from 'acorn-walk';

/** Any statement that repeats its body. */
interface Loop extends Node {
  readonly body: Statement;
}

/** How {@link guardLoops} reports source that is no module. */
export interface SourceProblem extends SyntaxError {
  /** Line from 1, column from 0. */
  readonly loc: { readonly line: number; readonly column: number };
}

/**
 * Prepare the source of a daemon so that a loop without end cannot stop the simulation: every loop tells a `LoopGuard` of
 * its rounds. Lines stay where they are.
 * @param source of an ES module
 * @param guard an expression for the LoopGuard, in the scope of the module; a name that the source does not use itself
 * @throws {@link SourceProblem} if the source cannot be parsed
 */
export function guardLoops(source: string, guard: string): string {
  const inserts: { readonly at: number; readonly text: string }[] = [];
  const onLoop = (node: Node, _: unknown, ancestors: Node[]): void => {
    const { body } = node as Loop;
    const call = inGenerator(ancestors) ? `yield*${guard}.spin()` : `${guard}.over()`;
    const check = `if(--${guard}.left<0)${call};`;
    if (body.type === 'BlockStatement') {
      inserts.push({ at: body.start + 1, text: check });
    } else {
      inserts.push({ at: body.start, text: `{${check}` }, { at: body.end, text: '}' });
    }
  };
  ancestor(parse(source, { ecmaVersion: 'latest', sourceType: 'module' }), {
    ForStatement: onLoop,
    ForInStatement: onLoop,
    ForOfStatement: onLoop,
    WhileStatement: onLoop,
    DoWhileStatement: onLoop,
  });
  inserts.sort((a, b) => a.at - b.at);
  let text = '';
  let at = 0;
  for (const insert of inserts) {
    text += source.slice(at, insert.at) + insert.text;
    at = insert.at;
  }
  return text + source.slice(at);
}

/** Is the function around a node one that can `yield*` kernel calls? */
function inGenerator(ancestors: readonly Node[]): boolean {
  const around = ancestors.findLast(({ type }) => FUNCTIONS.includes(type) || type === 'StaticBlock');
  if (around === undefined || around.type === 'StaticBlock') return false;
  const { generator, async } = around as FunctionNode;
  return generator && !async;
}

const FUNCTIONS: readonly string[] = ['FunctionDeclaration', 'FunctionExpression', 'ArrowFunctionExpression'];
