// Timers that arm themselves again when they fire: what a timer event costs, without any thread.
import { boot } from '@kernel-model/machine';
import { HrTimer, hrtimerStart, modTimer, timerSetup } from '@kernel-model/scheduler';
import { measure, nextPause } from '../measure.mjs';

const TIMERS = 1000;

/** Timers of the wheel, 1 to 16 ticks ahead. @param count timers that fire */
export function wheelTimers(count) {
  const m = boot({ cpus: 1 });
  const s = m.sched;
  let fired = 0;
  m.post(function* () {
    for (let i = 0; i < TIMERS; i++) {
      let pause = i % 16;
      const timer = timerSetup(s, () => {
        fired++;
        pause = nextPause(pause);
        modTimer(s, timer, s.jiffies + 1 + pause);
      });
      modTimer(s, timer, s.jiffies + 1 + pause);
    }
  });
  return measure(m, count, () => fired);
}

/** hrtimers, 1 to 16 ms ahead, each at an instant of its own. @param count timers that fire */
export function hrTimers(count) {
  const m = boot({ cpus: 1 });
  const s = m.sched;
  let fired = 0;
  m.post(function* () {
    for (let i = 0; i < TIMERS; i++) {
      let pause = i % 16;
      const timer = new HrTimer(s, () => {
        fired++;
        pause = nextPause(pause);
        hrtimerStart(timer, timer.expiresNs + (1 + pause) * 1e6, 0);
      });
      hrtimerStart(timer, s.sim.now + (1 + pause) * 1e6 + i * 997, 0);
    }
  });
  return measure(m, count, () => fired);
}
