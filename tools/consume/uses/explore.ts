import { explore, tasksModel } from '@kernel-model/explore';

const model = tasksModel({
  shared: (world) => ({ count: world.cell('count', 0) }),
  tasks: {
    *a({ count }) {
      yield* count.write((yield* count.read()) + 1);
    },
    *b({ count }) {
      yield* count.write((yield* count.read()) + 1);
    },
  },
});
const { complete, executions } = explore(model, { strategy: 'dfs' });

export const result: unknown = [complete, executions > 1];
export const expected: unknown = [true, true];
