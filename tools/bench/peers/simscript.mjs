// SimScript: entities are async functions, and every step looks through the whole list of future events.
import { nextPause, threadNs } from '../measure.mjs';

/** It gives the browser a chance to paint now and then; here nothing is painted. */
async function load() {
  globalThis.requestAnimationFrame = setImmediate;
  const { default: simscript } = await import('simscript');
  return simscript;
}

/** Two entities that send each other a signal. @param count signals */
export async function pingPong(count) {
  const { Entity, Simulation } = await load();
  const counter = new Counter(count);
  class Player extends Entity {
    async script() {
      do {
        await this.waitSignal(this);
        this.sendSignal(this.partner);
      } while (counter.goesOn());
    }
  }
  const [ping, pong] = [new Player(), new Player()];
  [ping.partner, pong.partner] = [pong, ping];
  const sim = new Simulation();
  sim.onStarting = () => {
    void sim.activate(ping);
    void sim.activate(pong);
    ping.sendSignal(pong);
  };
  return counter.run(sim);
}

/** @param count how often an entity goes on @param entities how many there are */
export async function processes(count, entities) {
  const { Entity, Simulation } = await load();
  const counter = new Counter(count);
  class Sleeper extends Entity {
    async script() {
      let pause = this.first;
      do {
        await this.delay(1 + pause);
        pause = nextPause(pause);
      } while (counter.goesOn());
    }
  }
  const sim = new Simulation();
  sim.onStarting = () => {
    for (let i = 0; i < entities; i++) void sim.activate(Object.assign(new Sleeper(), { first: i }));
  };
  return counter.run(sim);
}

/** Times what happens between the first quarter, which warms up, and the end: one run, for it can't be stopped and go on. */
class Counter {
  #left;
  #startNs = 0;
  #over = () => {};

  constructor(count) {
    this.count = count;
    this.#left = count + Math.ceil(count / 4);
  }

  run(sim) {
    return new Promise((resolve) => {
      this.#over = resolve;
      void sim.start();
    });
  }

  /** Counts one operation. @returns false when there were enough: the entities then leave, and the simulation ends */
  goesOn() {
    this.#left--;
    if (this.#left === this.count) this.#startNs = threadNs();
    if (this.#left === 0) this.#over({ operations: this.count, ns: threadNs() - this.#startNs });
    return this.#left > 0;
  }
}
