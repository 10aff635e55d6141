import { readTrace } from '@kernel-model/trace';

const text = `
 kworker/0:1-14  [000] d..2.  1.000000: sched_switch: prev_comm=kworker/0:1 prev_pid=14 prev_prio=120 prev_state=I ==> next_comm=swapper/0 next_pid=0 next_prio=120
`;
const { events, errors } = readTrace(text);
console.log(events.length, errors.length, events[0]?.name);
