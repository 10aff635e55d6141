import { Sim, SimEvent } from '@kernel-model/sim';
import { TraceHub } from '../src/index.ts';

/** A machine that only emits: what each CPU does at which instant is given by the test. */
export class World {
  readonly sim: Sim = new Sim();
  readonly hub: TraceHub = new TraceHub(this.sim);

  /** At an instant, in one step of a CPU, on behalf of a task. */
  at(atNs: number, cpu: number, pid: number, comm: string, fn: () => void): this {
    const { sim, hub } = this;
    const event = new SimEvent(cpu, () => {
      hub.context.cpu = cpu;
      hub.context.pid = pid;
      hub.context.comm = hub.intern(comm);
      hub.context.flags = 0;
      fn();
    });
    sim.post(event, atNs);
    return this;
  }

  run(): this {
    this.sim.run(() => false);
    return this;
  }
}
