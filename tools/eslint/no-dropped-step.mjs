const STEP = new Set(['Step', 'MaySleep']);
const ITERABLE = new Set(['Generator', 'Iterable', 'Iterator', 'IteratorObject', 'IterableIterator']);

/**
 * Reports a call of a kernel function whose `yield*` was forgotten: a generator that nobody runs does
 * nothing, and says nothing. Needs type information.
 */
export default {
  meta: {
    type: 'problem',
    docs: { description: 'a Step or MaySleep must be run with yield*' },
    messages: { dropped: '{{name}}() returns a generator that is never run: write yield* {{name}}().' },
    schema: [],
  },
  create(context) {
    const services = context.sourceCode.parserServices;
    if (!services?.program) return {};
    const checker = services.program.getTypeChecker();

    function isStep(type) {
      if (type.isUnion()) return type.types.some(isStep);
      return STEP.has(type.aliasSymbol?.name) || ITERABLE.has(type.symbol?.name);
    }

    return {
      ExpressionStatement({ expression }) {
        const call = expression.type === 'UnaryExpression' ? expression.argument : expression;
        if (call.type !== 'CallExpression') return;
        if (!isStep(checker.getTypeAtLocation(services.esTreeNodeToTSNodeMap.get(call)))) return;
        const { callee } = call;
        const name = callee.property?.name ?? callee.name ?? 'the function';
        context.report({ node: call, messageId: 'dropped', data: { name } });
      },
    };
  },
};
