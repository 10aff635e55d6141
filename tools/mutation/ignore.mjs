// A plugin of Stryker: code whose mutants say nothing.
const POINTS = new Set(['point', 'pointLoad']);

export const strykerPlugins = [{ kind: 'Ignore', name: 'kernel-model', value: { shouldIgnore } }];

function shouldIgnore(path) {
  const { callee } = path.node;
  if (path.isCallExpression() && callee.type === 'MemberExpression' && POINTS.has(callee.property.name))
    return 'a visible point decides where an explored run may stop; a timed run goes straight through';
  return undefined;
}
