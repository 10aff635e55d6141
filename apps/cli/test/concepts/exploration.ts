import { explore, tasksModel } from '@kernel-model/explore';

// two threads add one to a counter: read, then write
const model = tasksModel({
  shared: (world) => ({ counter: world.cell('counter', 0) }),
  tasks: {
    *one({ counter }) {
      yield* counter.write((yield* counter.read()) + 1);
    },
    *two({ counter }) {
      yield* counter.write((yield* counter.read()) + 1);
    },
  },
  check: ({ counter }) => (counter.value === 2 ? null : `the counter is ${counter.value}`),
});
const { failures, complete } = explore(model, { strategy: 'dpor', all: true });
console.log(failures[0]?.message, complete);
