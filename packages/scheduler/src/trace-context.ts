import type { Cpu } from './cpu.ts';

/** Tell the trace hub on whose behalf the events that follow are emitted: CPU, task, and the context columns. */
export function traceContext(cpu: Cpu): void {
  const curr = cpu.rq.curr;
  const context = cpu.rq.sched.hub.context;
  context.cpu = cpu.id;
  context.pid = curr.pid;
  context.comm = curr.commId;
  context.flags = 0;
}
