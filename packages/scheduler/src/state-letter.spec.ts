import { describe, expect, test } from '@jest/globals';
import {
  EXIT_DEAD,
  EXIT_ZOMBIE,
  TASK_DEAD,
  TASK_FREEZABLE,
  TASK_FROZEN,
  TASK_IDLE,
  TASK_INTERRUPTIBLE,
  TASK_KILLABLE,
  TASK_NEW,
  TASK_PARKED,
  TASK_RTLOCK_WAIT,
  TASK_RUNNING,
  TASK_UNINTERRUPTIBLE,
  TASK_WAKING,
  __TASK_STOPPED,
  __TASK_TRACED,
} from './constants.ts';
import { stateLetter } from './state-letter.ts';

describe('the letter of a state', () => {
  test.each([
    ['R', 'TASK_RUNNING', TASK_RUNNING, 0],
    ['S', 'TASK_INTERRUPTIBLE', TASK_INTERRUPTIBLE, 0],
    ['S', 'TASK_INTERRUPTIBLE | TASK_FREEZABLE', TASK_INTERRUPTIBLE | TASK_FREEZABLE, 0],
    ['D', 'TASK_UNINTERRUPTIBLE', TASK_UNINTERRUPTIBLE, 0],
    ['D', 'TASK_KILLABLE (CC-SCHED-01)', TASK_KILLABLE, 0],
    ['I', 'TASK_IDLE', TASK_IDLE, 0],
    ['I', 'TASK_IDLE | TASK_FREEZABLE (CC-SCHED-02)', TASK_IDLE | TASK_FREEZABLE, 0],
    ['D', 'TASK_FROZEN (CC-SCHED-02)', TASK_FROZEN, 0],
    ['D', 'TASK_RTLOCK_WAIT', TASK_RTLOCK_WAIT, 0],
    ['T', 'stopped', __TASK_STOPPED, 0],
    ['t', 'traced', __TASK_TRACED, 0],
    ['P', 'TASK_PARKED', TASK_PARKED, 0],
    ['R', 'TASK_DEAD before the exit is told (CC-SCHED-03)', TASK_DEAD, 0],
    ['X', 'TASK_DEAD of a reaped task (CC-SCHED-03)', TASK_DEAD, EXIT_DEAD],
    ['Z', 'TASK_DEAD of a zombie (CC-SCHED-03)', TASK_DEAD, EXIT_ZOMBIE],
    ['Z', 'TASK_DEAD with both bits (CC-SCHED-03)', TASK_DEAD, EXIT_DEAD | EXIT_ZOMBIE],
    ['R', 'TASK_WAKING', TASK_WAKING, 0],
    ['R', 'TASK_NEW', TASK_NEW, 0],
  ])('is %s for %s', (letter, _, state, exitState) => {
    expect(stateLetter(state, exitState)).toBe(letter);
  });
});
