// What `npm run bench` measures, and what each is compared with.
import * as costs from './loads/costs.mjs';
import * as races from './loads/races.mjs';
import * as speed from './loads/speed.mjs';
import * as switches from './loads/switches.mjs';
import * as timers from './loads/timers.mjs';
import * as tracepoints from './loads/tracepoints.mjs';
import * as works from './loads/works.mjs';
import { WQ_UNBOUND } from '@kernel-model/workqueue';

/** Programs of others are loaded by those alone who run them. */
const peer = (file) => (run) => async (count) => run(await import(`./peers/${file}.mjs`), count);
const [simjs, simscript, simpy] = ['simjs', 'simscript', 'simpy'].map(peer);
const [fastCheck, kernel] = ['fast-check', 'kernel'].map(peer);

const listen = (prepare) => (count) => switches.pingPong(count, (m) => prepare(m.hub));

/**
 * The groups of the table. In each, costs are also shown as multiples of the first case's.
 *
 * A case does `count` operations and returns {operations, ns}, or {value} for what is not a rate, or {missing} with the
 * way to get what is not there. `unit` names an operation, or the unit of the value if `value` is set. `atMost`: the
 * cost in ns an operation, or the value, that we want; `times`: the same as a multiple of the first case. `peer`: the
 * program is not ours. `note` belongs below the table. What we want in ns is meant for a machine of a certain speed, and
 * holds in proportion on others: see SPEED.
 */
export const GROUPS = [
  {
    title: 'context switches',
    cases: {
      'ping-pong': { unit: 'switch', count: 2e6, atMost: 250, run: switches.pingPong },
      'ping-pong, ring': { unit: 'switch', count: 1e6, atMost: 250, run: listen(tracepoints.ring) },
      'ping-pong, 1 subscriber': { unit: 'switch', count: 1e6, atMost: 400, run: listen(tracepoints.subscribers(1)) },
      'ping-pong, 3 subscribers': { unit: 'switch', count: 1e6, run: listen(tracepoints.subscribers(3)) },
      'ping-pong, text': { unit: 'switch', count: 5e5, atMost: 1250, run: listen(tracepoints.text) },
      'ping-pong, real kernel': {
        unit: 'switch',
        count: 2e5,
        peer: true,
        run: kernel(({ pipes }, count) => pipes(count)),
        note: '`perf bench sched pipe`, both processes on one CPU: elapsed time, and each switch is also a read and a write',
      },
      'ping-pong, SimPy': {
        unit: 'switch',
        count: 2e5,
        peer: true,
        run: simpy((m, count) => m.simpy(count, 'ping-pong')),
      },
      'ping-pong, simjs': {
        unit: 'switch',
        count: 2e6,
        peer: true,
        run: simjs(({ pingPong }, count) => pingPong(count)),
        note: 'SIM.JS 2.0.3: callbacks and one heap, no threads, no priorities, no CPUs; not developed any more, no ES module',
      },
      'ping-pong, simscript': {
        unit: 'switch',
        count: 5e4,
        peer: true,
        run: simscript(({ pingPong }, count) => pingPong(count)),
        note: 'SimScript 1.0.37: async functions, and a list of future events that is searched from its beginning; not developed any more, no ES module',
      },
    },
  },
  {
    title: '1,000 processes that sleep and go on',
    cases: {
      '1,000 processes': { unit: 'wakeup', count: 5e5, run: (count) => switches.processes(count, 1000) },
      '1,000 processes, SimPy': {
        unit: 'wakeup',
        count: 2e5,
        peer: true,
        run: simpy((m, count) => m.simpy(count, 'processes')),
      },
      '1,000 processes, simjs': {
        unit: 'wakeup',
        count: 1e6,
        peer: true,
        run: simjs(({ processes }, count) => processes(count, 1000)),
      },
      '1,000 processes, simscript': {
        unit: 'wakeup',
        count: 2e4,
        peer: true,
        run: simscript(({ processes }, count) => processes(count, 1000)),
      },
    },
  },
  {
    title: 'more tasks',
    cases: {
      '100 sleepers, 4 CPUs': { unit: 'switch', count: 1e6, run: (count) => switches.sleepers(count, 100, 4) },
      '1,000 sleepers, 4 CPUs': {
        unit: 'switch',
        count: 1e6,
        atMost: 250,
        run: (count) => switches.sleepers(count, 1000, 4),
      },
      '10,000 sleepers, 4 CPUs': {
        unit: 'switch',
        count: 1e6,
        times: 2,
        run: (count) => switches.sleepers(count, 10_000, 4),
      },
    },
  },
  {
    title: 'more CPUs',
    cases: {
      '1 pair, 1 CPU': { unit: 'switch', count: 1e6, run: (count) => switches.pairs(count, 1) },
      '64 pairs, 64 CPUs': { unit: 'switch', count: 1e6, times: 1.5, run: (count) => switches.pairs(count, 64) },
    },
  },
  {
    title: 'wakeups and timers',
    cases: {
      'wakeup, 32 sleepers on 4 CPUs': { unit: 'wakeup', count: 5e5, run: switches.wakeups },
      'timer of the wheel': { unit: 'timer', count: 1e6, run: timers.wheelTimers },
      hrtimer: { unit: 'timer', count: 1e6, run: timers.hrTimers },
    },
  },
  {
    title: 'one tracepoint',
    cases: {
      'tracepoint, 1 subscriber': {
        unit: 'event',
        count: 3e6,
        run: (count) => tracepoints.tracepoint(count, tracepoints.subscribers(1)),
      },
      'tracepoint, nobody listens': { unit: 'event', count: 1e8, run: tracepoints.tracepoint },
      'tracepoint, 3 subscribers': {
        unit: 'event',
        count: 3e6,
        run: (count) => tracepoints.tracepoint(count, tracepoints.subscribers(3)),
      },
      'tracepoint, ring': {
        unit: 'event',
        count: 1e7,
        run: (count) => tracepoints.tracepoint(count, tracepoints.ring),
      },
      'tracepoint, text': {
        unit: 'event',
        count: 2e6,
        run: (count) => tracepoints.tracepoint(count, tracepoints.text),
      },
    },
  },
  {
    title: 'work items',
    cases: {
      'work item, bound': { unit: 'item', count: 3e5, atMost: 667, run: (count) => works.workItems(count, 0) },
      'work item, unbound': {
        unit: 'item',
        count: 3e5,
        atMost: 1000,
        run: (count) => works.workItems(count, WQ_UNBOUND),
      },
      'work item, kthread_worker': { unit: 'item', count: 3e5, atMost: 500, run: works.kthreadWorkItems },
    },
  },
  {
    title: 'exploration',
    cases: {
      'lost wakeup': { unit: 'execution', count: 2e5, run: races.wakeupNotLost },
      'lost wakeup, fast-check': {
        unit: 'execution',
        count: 4000,
        peer: true,
        run: fastCheck(({ wakeupNotLost }, count) => wakeupNotLost(count)),
        note: "the same steps as promises under fast-check's scheduler, which picks orders by chance and can't say that none is left",
      },
      'two counters': {
        unit: 'execution',
        count: 3e5,
        atMost: 1e4,
        run: (count) => races.twoCounters(count, 'executions'),
      },
      'two counters, steps': {
        unit: 'step',
        count: 3e5,
        atMost: 1000,
        run: (count) => races.twoCounters(count, 'steps'),
      },
    },
  },
  {
    title: 'until the lost wakeup is found',
    cases: {
      'search for it': { unit: 'executions', value: true, run: races.wakeupLost },
      'search for it, fast-check': {
        unit: 'executions',
        value: true,
        peer: true,
        run: fastCheck(({ wakeupLost }) => wakeupLost()),
        note: 'mean of 200 seeds',
      },
    },
  },
  {
    title: 'a machine',
    cases: {
      'boot, 2 CPUs': { unit: 'ms', value: true, count: 20, atMost: 5, run: costs.bootTime },
      'idle hour, 8 CPUs': { unit: 's', value: true, atMost: 2, run: costs.idleHour },
      'memory a task': { unit: 'kB', value: true, count: 1e4, atMost: 2, run: costs.memory },
    },
  },
];

/** How fast the machine is: measured with every selection. */
export const SPEED = {
  title: 'this machine',
  names: ['next() of a generator'],
  cases: { 'next() of a generator': { unit: 'call', count: 2e7, run: speed.next } },
};

/** All cases by name. */
export const CASES = Object.assign({}, ...[SPEED, ...GROUPS].map(({ cases }) => cases));
