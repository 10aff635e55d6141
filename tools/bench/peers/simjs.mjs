// SIM.JS in its newer package: entities with callbacks, one binary heap.
import { nextPause, timed } from '../measure.mjs';

/** The package has no exports; it was made for browsers, and puts itself into the window. */
async function load() {
  globalThis.window = globalThis;
  await import('simjs');
  return globalThis.Sim;
}

/** Two entities that send each other a message. @param count messages */
export async function pingPong(count) {
  const { Entity, Sim } = await load();
  let received = 0;
  class Player extends Entity {
    start() {}
    onMessage(sender) {
      received++;
      this.send('your turn', 0, sender);
    }
  }
  const sim = new Sim();
  const [ping, pong] = [sim.addEntity(Player, 'ping'), sim.addEntity(Player, 'pong')];
  ping.send('your turn', 0, pong);
  return timed(count, (more) => runUntil(sim, () => received, more));
}

/** @param count how often an entity goes on @param entities how many there are */
export async function processes(count, entities) {
  const { Entity, Sim } = await load();
  let resumed = 0;
  class Sleeper extends Entity {
    start(first) {
      this.pause = first;
      this.sleep();
    }
    sleep() {
      this.setTimer(1 + this.pause).done(this.wake);
    }
    wake() {
      resumed++;
      this.pause = nextPause(this.pause);
      this.sleep();
    }
  }
  const sim = new Sim();
  for (let i = 0; i < entities; i++) sim.addEntity(Sleeper, `sleeper/${i}`, i);
  return timed(count, (more) => runUntil(sim, () => resumed, more));
}

function runUntil(sim, operations, more) {
  const before = operations();
  while (operations() < before + more) sim.step();
  return operations() - before;
}
