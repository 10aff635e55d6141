import { explain, explore, tasksModel } from '../src/index.ts';

export const model = tasksModel({
  shared: (world) => ({ ready: world.cell('ready', false) }),
  tasks: {
    *waiter({ ready }, world) {
      if (yield* ready.read()) return; // test first, state second: a wakeup in between is lost
      yield* world.prepareToSleep();
      yield* world.sleep();
    },
    *waker({ ready }, world) {
      yield* ready.write(true);
      yield* world.wake('waiter');
    },
  },
});

export const { executions, complete, failures } = explore(model);
export const story = failures.map((failure) => explain(model, failure).text).join('\n');
